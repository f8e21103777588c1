"""What arrives: a thin HMPPS domain event, plain or inside an SNS envelope.

An event is believed in one thing only: that it is worth asking for the booking it names. What it names becomes part of
an address, so `number` and `prison` let nothing through but digits and codes.

The envelope's own signature is not looked at: its key would have to be fetched from an address the envelope itself
names. Who sent it is proved by the shared secret of the adapter, and a forged event could cause nothing but a read.
For the same reason no address in a request to confirm a subscription is ever called (`subscription`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_camel, to_pascal

from vmrd.adapters.subscription import TOKEN
from vmrd.lifecycle.capacity import LONDON
from vmrd.lifecycle.intake import PRISONER_NUMBER

_NUMBER = re.compile(r"[1-9]\d{0,17}")
_PRISON = re.compile(r"[A-Z0-9]{3,4}")
_MESSAGE = re.compile(r"[\w.:-]{1,100}", re.ASCII)
SUBSCRIBES = "SubscriptionConfirmation"
_HANDSHAKES = (SUBSCRIBES, "UnsubscribeConfirmation")


class Unreadable(Exception):
    """The body is no event. `code` is stable, `pointer` says where; nothing of the body is in either."""

    def __init__(self, code: str, pointer: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """`message` is the same for every delivery of one event; `digest` is of what it says. `about` names the booking or
    the prisoner; `occurred_at` is when it happened, as it was written."""

    message: str
    digest: str
    event_type: str
    about: Mapping[str, JsonValue]
    occurred_at: str | None = None

    def number(self, member: str) -> str:
        """The digits of an id. Raises `Unreadable`."""
        return self._matching(member, _NUMBER)

    def prison(self, member: str) -> str:
        """An establishment's code. Raises `Unreadable`."""
        return self._matching(member, _PRISON)

    def prisoner(self, member: str) -> str:
        """A prisoner's number. Raises `Unreadable`."""
        return self._matching(member, PRISONER_NUMBER)

    def happened(self) -> str:
        """When it happened, with a zone: a time without one is London's. Raises `Unreadable`."""
        try:
            at = datetime.fromisoformat(self.occurred_at or "")
        except ValueError:
            at = None
        if at is None or at.year < 1970:
            raise Unreadable("no_time", "/occurredAt")
        return (at if at.tzinfo is not None else at.replace(tzinfo=LONDON)).isoformat()

    def _matching(self, member: str, form: re.Pattern[str]) -> str:
        value = self.about.get(member)
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        if not form.fullmatch(text):
            raise Unreadable("no_id", f"/additionalInformation/{member}")
        return text


@dataclass(frozen=True, slots=True)
class Handshake:
    """SNS asks to confirm a subscription, or says one has ended. `token`: None where it is none of SNS's."""

    kind: str
    topic: str
    token: str | None = field(repr=False)


class _Envelope(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, hide_input_in_errors=True, defer_build=True)

    type: str
    message_id: Annotated[str, Field(pattern=_MESSAGE.pattern, max_length=100)]
    message: str = ""
    topic_arn: str = ""
    token: str = ""


class _Event(BaseModel):
    """`version` is a number in the schema and a text in practice; nothing depends on it."""

    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True, defer_build=True)

    event_type: Annotated[str, Field(min_length=1, max_length=200)]
    additional_information: dict[str, JsonValue] = {}
    occurred_at: JsonValue = None


def opened(body: bytes, message: str | None) -> DomainEvent | Handshake:
    """What the body holds. `message`: the id its carrier gave a plain event; without one the body stands for itself.

    Raises `Unreadable`.
    """
    said = _json(body)
    if not isinstance(said, dict):
        raise Unreadable("no_event")
    if "Type" not in said:
        return _event(body, message if message and _MESSAGE.fullmatch(message) else hashlib.sha256(body).hexdigest())
    try:
        envelope = _Envelope.model_validate(said)
    except ValidationError as fault:
        raise _at(fault, "no_envelope") from None
    if envelope.type in _HANDSHAKES:
        token = envelope.token if TOKEN.fullmatch(envelope.token) else None
        return Handshake(envelope.type, envelope.topic_arn, token)
    if envelope.type != "Notification":
        raise Unreadable("no_notification", "/Type")
    return _event(envelope.message.encode(), envelope.message_id)


def _event(body: bytes, message: str) -> DomainEvent:
    try:
        event = _Event.model_validate(_json(body))
    except ValidationError as fault:
        raise _at(fault, "no_event") from None
    at = event.occurred_at if isinstance(event.occurred_at, str) else None
    return DomainEvent(message, hashlib.sha256(body).hexdigest(), event.event_type, event.additional_information, at)


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    raise Unreadable("no_json")


def _at(fault: ValidationError, code: str) -> Unreadable:
    parts = fault.errors(include_input=False, include_url=False, include_context=False)[0]["loc"]
    return Unreadable(code, "".join(f"/{part}" for part in parts))
