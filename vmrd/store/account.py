"""Accounts, sign-ins and what is written down about both.

A signed-in browser is one row, and the row is all there is: dropping it signs the browser out, whoever let it in. An
officer with an account here is looked up anew on every call. Somebody a sign-in service vouched for has no account;
their role and establishments stand in the row and end with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class Officer:
    """A named account. `establishments` empty means all. `token_hash`: SHA-256 of a bearer token, or None.
    `disabled`: nobody gets in by it, until it is enabled again."""

    name: str
    role: str
    establishments: tuple[str, ...]
    password_hash: str | None
    token_hash: str | None
    disabled: bool = False


class Voucher(StrEnum):
    """Who else than an account of ours says who somebody is."""

    OIDC = "oidc"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Vouched:
    """What somebody without an account may do while this sign-in lasts. `establishments` empty means all."""

    by: Voucher
    role: str
    establishments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A signed-in browser, kept under the SHA-256 of its cookie. `vouched` is None for an account of ours."""

    cookie_hash: str
    officer: str
    csrf: str
    created_at: Instant
    seen_at: Instant
    vouched: Vouched | None = None


class AuditKind(StrEnum):
    """What can stand in the audit."""

    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    TOOK_OVER = "shift-taken-over"
    EMERGENCY = "emergency-account-used"
    ACCOUNT_PUT = "account-put"
    ACCOUNT_DISABLED = "account-disabled"
    ACCOUNT_ENABLED = "account-enabled"
    PASSWORD_SET = "password-set"  # noqa: S105  # the name of what happened
    REVOKED = "sign-ins-revoked"
    PURGED = "purged"
    JOURNAL_PURGED = "journal-purged"
    ERASED = "person-erased"
    HELD = "held"
    HOLD_ENDED = "hold-ended"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`who` it is about; `detail`: words and codes, no free text and no secret."""

    at: Instant
    kind: str
    who: str
    detail: Mapping[str, str] = field(default_factory=dict)
