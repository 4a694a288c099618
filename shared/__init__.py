"""The kernel: only what every service needs, nothing that one service knows."""
