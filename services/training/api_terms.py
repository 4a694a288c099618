"""Kinds of text that callers send."""

from typing import Annotated

from pydantic import Field

Text = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"\S")]
Reason = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
