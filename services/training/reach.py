"""A database that does not answer, told in the kernel's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.store.group import AWAY, as_transient


@contextmanager
def reached() -> Iterator[None]:
    """`Transient` (503, or held by the consumer) for what asks the database directly."""
    try:
        yield
    except AWAY as error:
        raise as_transient(error) from error
