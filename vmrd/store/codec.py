"""Sessions, facts and commands as JSON text, and the way back from the text of an older release.

A record is `{"shape": N, "type": NAME, "fields": {...}}`. The shape is the number of upgraders of its kind plus one:
an upgrader lifts a record of one shape to the next, so a text of any age is read by running those it has missed. Texts
are never rewritten for this: the journal's are hashed as they stand. Mappings are written from dicts and come back as
dicts.

What `encode` wrote in this release starts with a head that `decode` knows, and its fields go from text to dataclass in
one pass (about 70 us for a session with six people). Any other head is parsed first, to learn what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Generic, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json

from vmrd.lifecycle.commands import Command
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.session import Session
from vmrd.store.base import StoreError, Unreadable

T = TypeVar("T")

Upgrader = Callable[[str, dict[str, object]], tuple[str, dict[str, object]]]
"""Type name and fields of one shape to those of the next; returns both unchanged for types it has no quarrel with."""

_FIELDS = '"fields":'
_KEPT = 20_000
"""Sessions kept decoded at most, about 5 kB each; beyond that all are let go, and those in use come back. Below the
number of meetings that run, every look at all of them would decode all of them."""


class Codec(Generic[T]):
    """Text of the records of one kind. `upgraders[0]` lifts shape 1 to shape 2."""

    def __init__(self, types: Sequence[type[T]], upgraders: Sequence[Upgrader] = ()) -> None:
        self._upgraders = tuple(upgraders)
        self._shape = len(upgraders) + 1
        self._adapters = _Adapters({kind.__name__: kind for kind in types})
        self._heads = {kind.__name__: f'{{"shape":{self._shape},"type":"{kind.__name__}",' for kind in types}
        self._names = {head: name for name, head in self._heads.items()}

    def encode(self, record: T) -> str:
        """The record's text in today's shape. Raises `StoreError` for a text no database could hold."""
        name = type(record).__name__
        try:
            fields = self._adapters[name].dump_json(record).decode()
        except (PydanticSerializationError, UnicodeError):
            raise StoreError(f"a {name} cannot be written as text") from None
        return f"{self._heads[name]}{_FIELDS}{fields}}}"

    def decode(self, text: str) -> T:
        """The record, equal to what was encoded. Raises `Unreadable` for a text that is none, or of a later release."""
        head, _, fields = text.partition(_FIELDS)
        try:
            if (name := self._names.get(head)) is not None:
                return self._adapters[name].validate_json(fields[:-1])
            return self._upgrade(text)
        except (ValidationError, ValueError, KeyError, TypeError, AttributeError):
            raise Unreadable("a stored record cannot be read") from None  # what it holds stays out of the text

    def _upgrade(self, text: str) -> T:
        record = from_json(text)
        shape, name, fields = int(record["shape"]), str(record["type"]), dict(record["fields"])
        if not 1 <= shape <= self._shape:
            raise Unreadable(f"a stored record has shape {shape}; this release reads 1 to {self._shape}")
        for upgrader in self._upgraders[shape - 1 :]:
            name, fields = upgrader(name, fields)
        return self._adapters[name].validate_python(fields)


class _Adapters(dict[str, TypeAdapter[T]]):
    """Of each kind by name, made when the first record of it is read or written: all of them are slow to make."""

    def __init__(self, kinds: Mapping[str, type[T]]) -> None:
        self._kinds = kinds

    def __missing__(self, name: str) -> TypeAdapter[T]:
        """Raises `KeyError` for what is no kind."""
        made = self[name] = TypeAdapter(self._kinds[name])
        return made


class Decoded:
    """The session last read or written under each id, with its text's digest: the same text need not be decoded again.

    Sessions are values that nobody changes, so the threads of a store share them. As the text decides, nothing ever has
    to be invalidated: what was rolled back, or written by another process, has another text. Keeping the text as well
    would double what a session weighs.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, tuple[bytes, Session]] = {}

    def session(self, session_id: str, text: str) -> Session:
        """What `SESSIONS.decode` gives."""
        digest = _digest(text)
        known = self._by_id.get(session_id)
        if known is not None and known[0] == digest:
            return known[1]
        session = SESSIONS.decode(text)
        self._keep(digest, session)
        return session

    def encode(self, session: Session) -> str:
        """What `SESSIONS.encode` gives."""
        text = SESSIONS.encode(session)
        self._keep(_digest(text), session)
        return text

    def _keep(self, digest: bytes, session: Session) -> None:
        if len(self._by_id) >= _KEPT:
            self._by_id.clear()
        self._by_id[session.id] = digest, session


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


SESSIONS: Codec[Session] = Codec((Session,))
FACTS: Codec[Fact] = Codec(get_args(Fact))
COMMANDS: Codec[Command] = Codec(get_args(Command))
