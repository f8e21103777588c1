"""A control token as it is kept among a session's secrets: for the next start, and for whoever takes a meeting over."""

from __future__ import annotations

import orjson

from vmrd.lifecycle.words import Role
from vmrd.pexip.errors import BadToken
from vmrd.pexip.tokens import Token


def dumps(token: Token) -> bytes:
    """What `loads` reads."""
    return orjson.dumps([token.node, token.alias, token.token, token.leg, token.expires_s, token.role])


def loads_former(stored: bytes | None) -> Token | None:
    """The token of whoever had the lease before us, if it left one."""
    try:
        return loads(stored or b"")
    except BadToken:
        return None


def loads(stored: bytes) -> Token:
    """The stored token. Raises BadToken when it was forgotten or is unreadable."""
    try:
        node, alias, value, leg, expires, role = orjson.loads(stored)
    except ValueError:
        raise BadToken from None
    return Token(node, alias, value, leg, float(expires), Role(role))
