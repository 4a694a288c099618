"""Where facts come from: kinds of cases of the services."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of case that is heard: which fact it belongs to and where its history lies."""

    service: str
    thing: str
    fact: str

    @property
    def stream(self) -> str:
        return f"{self.service}.{self.thing}"

    @property
    def collection(self) -> str:
        return f"{self.thing}s"
