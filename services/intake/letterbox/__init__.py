"""Mail that comes in: stored before it is answered, read with care, one case a message."""
