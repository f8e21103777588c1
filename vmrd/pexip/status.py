"""Rows of the platform's status, and what it says of a call it placed (facts 1.8, 1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from vmrd.pexip.wire import Flag, Id, Page, PlatformParticipant, Text, Vendor

DialProtocol = Literal["sip", "h323", "mssip", "rtmp", "gms", "teams"]


@dataclass(frozen=True, slots=True)
class Instance:
    """A running conference; `id` is what commands are addressed to and dies with it."""

    id: str
    name: str
    locked: bool
    started: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A Conferencing Node as the platform reports it."""

    name: str
    location: str
    version: str
    maintenance: bool


class _Conference(Vendor):
    id: Id
    name: str
    is_locked: Flag = False
    is_started: Flag = False

    def instance(self) -> Instance:
        return Instance(self.id, self.name, self.is_locked, self.is_started)


class _Node(Vendor):
    name: Text = ""
    system_location: Text = ""
    version: Text = ""
    maintenance_mode: Flag = False


class _Dialled(Vendor):
    participant_id: Id


class _DialReply(Vendor):
    data: _Dialled


CONFERENCES = TypeAdapter(Page[_Conference])
PARTICIPANTS = TypeAdapter(Page[PlatformParticipant])
NODES = TypeAdapter(Page[_Node])
DIAL_REPLY = TypeAdapter(_DialReply)
