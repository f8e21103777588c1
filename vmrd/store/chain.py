"""Why the journal cannot be forgotten: its hash chains and its seals, as formulas without a database.

*Chain.* Each fact's `hash` is SHA-256 over the hash of the session's fact before it and over its own columns, each
preceded by its length, so that no two different rows frame to the same bytes. A changed, swapped or removed fact breaks
its session's chain, unless everything after it is written anew. Anybody can do that, so chains alone prove little.

*Seal.* Each commit that appends facts adds one seal: an HMAC, with a key the database does not hold, over the seal
before it and over every stretch the commit appended (session, hash before the stretch, number and hash of its last
fact). Chains written anew no longer meet their seals. As a stretch names where it began, facts removed or slipped in
between two commits stay visible for ever, even when the daemon has since gone on from them in good faith.

*Head.* One row holds how many seals and facts there are and the last seal, under an HMAC of its own, so that the end
of either table cannot be cut off. The daemon refuses to go on from a head that its key did not make.

Personal texts are covered through their salted references only: erasing texts and salt leaves everything valid.

What this cannot show: somebody who holds the seal key can rewrite all of it, and a whole older copy of the file, or an
empty one, is valid in itself. Both need a witness elsewhere: the head's count and HMAC, noted outside the machine.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from pydantic import TypeAdapter

GENESIS = bytes(32)
"""What stands for the hash, or the seal, before the first."""

_CHAIN = b"vmrd journal 1"
_SEAL = b"vmrd seal 1"
_HEAD = b"vmrd seal head 1"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Facts of one session appended by one commit: the hash before them, and their last one's number and hash."""

    prev: bytes
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class SealHead:
    """How many seals and journal rows there are, and the last seal's HMAC."""

    seals: int
    rows: int
    last: bytes


_COVERAGE: TypeAdapter[list[tuple[str, str, int, str]]] = TypeAdapter(list[tuple[str, str, int, str]])


def link(prev: bytes, session_id: bytes, seq: int, at: int, kind: bytes, body: bytes) -> bytes:
    """The hash of a fact: over the hash before it and every column, texts as the bytes that are stored."""
    return hashlib.sha256(_framed(_CHAIN, prev, session_id, _number(seq), _number(at), kind, body)).digest()


def seal(key: bytes, prev: bytes, number: int, covers: bytes) -> bytes:
    """The HMAC of seal `number` over the seal before it and the text of what it covers."""
    return hmac.digest(key, _framed(_SEAL, prev, _number(number), covers), "sha256")


def head_seal(key: bytes, head: SealHead) -> bytes:
    """The HMAC of the head."""
    return hmac.digest(key, _framed(_HEAD, _number(head.seals), _number(head.rows), head.last), "sha256")


def coverage_text(stretches: dict[str, Stretch]) -> str:
    """What a seal covers, as the text that is stored and sealed."""
    rows = [(session_id, s.prev.hex(), s.seq, s.hash.hex()) for session_id, s in stretches.items()]
    return _COVERAGE.dump_json(rows).decode()


def coverage(text: bytes) -> dict[str, Stretch]:
    """The way back from `coverage_text`. Raises `ValueError` for any other text."""
    rows = _COVERAGE.validate_json(text)
    return {session_id: Stretch(bytes.fromhex(prev), seq, bytes.fromhex(last)) for session_id, prev, seq, last in rows}


def _framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _number(value: int) -> bytes:
    return str(value).encode("ascii")
