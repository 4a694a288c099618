"""What somebody sends who signs: the version seen, the method, what the signature is made with."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from services.training.api_terms import Hash, Name
from services.training.evidence import check_of_pin
from services.training.policy import Method
from shared.http import Input

Coordinate = Annotated[int, Field(ge=0, le=10_000)]
Stroke = Annotated[tuple[tuple[Coordinate, Coordinate], ...], Field(min_length=1, max_length=1_000)]


class FileReference(Input):
    """A file that is kept elsewhere, by name and hash."""

    name: Name
    sha256: Hash


class Evidence(Input):
    """One of: the person's PIN (never kept itself), drawn strokes, the scanned sheet."""

    pin: Annotated[str | None, Field(pattern=r"^[0-9]{4,12}$")] = None
    strokes: Annotated[tuple[Stroke, ...] | None, Field(min_length=1, max_length=100)] = None
    scan: FileReference | None = None

    @property
    def methods(self) -> set[Method]:
        """The methods that what was sent fits."""
        sent = {Method.PIN: self.pin, Method.DRAWN: self.strokes, Method.SCANNED: self.scan}
        return {method for method, value in sent.items() if value is not None}

    async def content(self) -> dict[str, Any]:
        """What is to be kept."""
        if self.pin is not None:
            return await check_of_pin(self.pin)
        if self.strokes is not None:
            return {"strokes": [[list(point) for point in stroke] for stroke in self.strokes]}
        return {} if self.scan is None else self.scan.model_dump()


class NewSignature(Input):
    """The caller was informed and trained: the hash of the version seen, and how it is signed."""

    sha256: Hash
    method: Method
    evidence: Evidence | None = None

    @model_validator(mode="after")
    def _fits_its_method(self) -> "NewSignature":
        if self.evidence is not None and self.evidence.methods != {self.method}:
            raise ValueError("the evidence of this method, and no other")
        return self
