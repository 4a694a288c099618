"""The bus: topology as data, the relay that publishes, the inbox that consumes, dead letters."""

from shared.bus.hears import Heard, Hears, Send

__all__ = ["Heard", "Hears", "Send"]
