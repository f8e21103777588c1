"""Ids, aliases, PINs and tags: everything random is made here and passed into the core as a value."""

from __future__ import annotations

import secrets
import string
from itertools import count

from ulid import ULID

_ALIAS_LETTERS = string.ascii_lowercase
_ALIAS_LENGTH = 14
_PIN_DIGITS = 8
_PROCESS, _REQUESTS = secrets.token_hex(6), count(1)


def session_id() -> str:
    """A sortable id that can be read out over the phone."""
    return str(ULID()).lower()


def alias() -> str:
    """The local part of a vmr's address: letters only, so that it cannot be typed on a telephone; 65 bits."""
    number, letters = secrets.randbelow(len(_ALIAS_LETTERS) ** _ALIAS_LENGTH), []
    for _ in range(_ALIAS_LENGTH):
        number, letter = divmod(number, len(_ALIAS_LETTERS))
        letters.append(_ALIAS_LETTERS[letter])
    return "".join(letters)


def is_alias(text: str) -> bool:
    """Whether this is of the shape of the aliases we issue."""
    return len(text) == _ALIAS_LENGTH and text.isascii() and text.isalpha() and text.islower()


def pin() -> str:
    """A Host PIN: digits only (Pexip allows 4 to 20)."""
    return f"{secrets.randbelow(10**_PIN_DIGITS):0{_PIN_DIGITS}}"


def request_id() -> str:
    """Tells this request from every other, in our logs and to whoever made it. It is no secret and proves nothing."""
    return f"{_PROCESS}-{next(_REQUESTS):x}"


def tag() -> str:
    """A call tag only we know; a leg that carries it and sends no media is ours."""
    return "vmrd-" + secrets.token_hex(12)


def token() -> str:
    """A bearer token or cookie, 256 bits."""
    return secrets.token_urlsafe(32)
