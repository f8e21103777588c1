"""Ids, aliases, PINs and tags: everything random is made here and passed into the core as a value."""

from __future__ import annotations

import secrets
import string

from ulid import ULID

_ALIAS_LETTERS = string.ascii_lowercase
_ALIAS_LENGTH = 14
_PIN_DIGITS = 8


def session_id() -> str:
    """A sortable id that can be read out over the phone."""
    return str(ULID()).lower()


def alias() -> str:
    """The local part of a vmr's address: letters only, so that it cannot be typed on a telephone; 65 bits."""
    return "".join(secrets.choice(_ALIAS_LETTERS) for _ in range(_ALIAS_LENGTH))


def is_alias(text: str) -> bool:
    """Whether this is of the shape of the aliases we issue."""
    return len(text) == _ALIAS_LENGTH and text.isascii() and text.isalpha() and text.islower()


def pin() -> str:
    """A Host PIN: digits only (Pexip allows 4 to 20)."""
    return "".join(secrets.choice(string.digits) for _ in range(_PIN_DIGITS))


def tag() -> str:
    """A call tag only we know; a leg that carries it and sends no media is ours."""
    return "vmrd-" + secrets.token_hex(12)


def token() -> str:
    """A bearer token or cookie, 256 bits."""
    return secrets.token_urlsafe(32)
