"""Who may ask the Management Node, and for what: the administrator everything, others what their role names.

A role of the real platform is a list of permissions by resource. Here it is a list of routes, as a fault names one
(`GET /api/admin/status/v1/worker_vm/`), so that a client's documentation of what it needs can be tried as it stands.
"""

import hmac
from dataclasses import dataclass, field
from enum import Enum, auto


class Standing(Enum):
    """What becomes of a request."""

    UNKNOWN = auto()
    FORBIDDEN = auto()
    MAY = auto()


@dataclass(frozen=True, slots=True)
class Account:
    """`may` is None for who may do everything."""

    password: str = field(repr=False)
    may: frozenset[str] | None = None


class Accounts:
    """All accounts, by user."""

    def __init__(self, user: str, password: str) -> None:
        self._accounts = {user: Account(password)}

    def add(self, user: str, password: str, may: frozenset[str]) -> None:
        """An account with a role."""
        self._accounts[user] = Account(password, may)

    def standing(self, user: str, password: str, route: str) -> Standing:
        """Whether this user may ask for this route."""
        account = self._accounts.get(user)
        if account is None or not hmac.compare_digest(password.encode(), account.password.encode()):
            return Standing.UNKNOWN
        return Standing.MAY if account.may is None or route in account.may else Standing.FORBIDDEN
