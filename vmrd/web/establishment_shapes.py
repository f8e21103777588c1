"""What is told of an establishment."""

from __future__ import annotations

from vmrd.lifecycle.words import Document
from vmrd.web.shapes import Shape


class RoomView(Shape):
    """`canBeCalled`: Pexip calls its codec; otherwise somebody joins from the room."""

    key: str
    name: str
    can_be_called: bool


class IdProfileView(Shape):
    """Any one of `ways` identifies a person; where `also` is not empty, one of those is wanted on top."""

    ways: tuple[tuple[Document, ...], ...]
    also: tuple[Document, ...]


class EstablishmentView(Shape):
    code: str
    name: str
    telephone: str | None
    rooms: tuple[RoomView, ...]
    id_profile: IdProfileView


class EstablishmentsView(Shape):
    """In order of their codes."""

    establishments: tuple[EstablishmentView, ...]
