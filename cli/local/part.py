"""What `up` runs beside others, each as one child process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from cli.local.process import wait_until

if TYPE_CHECKING:
    from cli.local.process import Child


class Part(ABC):
    """Something that runs as one child process; `child` is None before its first start."""

    name: ClassVar[str]
    stop_seconds: ClassVar[float] = 30.0
    child: Child | None = None

    @abstractmethod
    def launch(self) -> None:
        """Start it; `ready` tells when it serves."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it serves."""

    def stop(self) -> None:
        """End it in order."""
        if self.child is not None:
            self.child.stop(self.stop_seconds)


class Server(Part):
    """A part that tests and benchmarks also start by itself; `title` is what people call it."""

    title: ClassVar[str]
    start_seconds: ClassVar[float]

    def wait_ready(self) -> None:
        """Wait until it serves. Raises UserError when it does not."""
        wait_until(self.ready, child=self.child, name=self.title, timeout=self.start_seconds)

    def start(self) -> None:
        """Start it and wait until it serves. Raises UserError when it does not."""
        self.launch()
        self.wait_ready()

    def restart(self) -> None:
        """Stop and start again, same ports, same data."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """End it as a power cut of the process would (SIGKILL)."""
        if self.child is not None:
            self.child.kill()
