"""Which role may do what, as data of each service; what is not written is denied."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.security.roles import Role

ANYONE: Final = frozenset(Role)


class UndeclaredOperation(LookupError):
    """A route or command asks for an operation that the table does not name."""

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation

    def __str__(self) -> str:
        return f"operation {self.operation!r} has no row in the service's permissions"


class Permissions:
    """The table operation → roles. `allow` denies an operation that has no row."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Mapping[str, Iterable[Role]]) -> None:
        self._rows = {operation: frozenset(roles) for operation, roles in rows.items()}

    @property
    def rows(self) -> Mapping[str, frozenset[Role]]:
        return self._rows

    def allow(self, operation: str, roles: frozenset[Role]) -> bool:
        """Whether one of `roles` may do `operation`."""
        allowed = self._rows.get(operation)
        return allowed is not None and not allowed.isdisjoint(roles)

    def roles_for(self, operation: str) -> frozenset[Role]:
        """The roles that may do `operation`; raises `UndeclaredOperation` without a row."""
        try:
            return self._rows[operation]
        except KeyError:
            raise UndeclaredOperation(operation) from None
