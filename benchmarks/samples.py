"""Sessions to measure with."""

from __future__ import annotations

from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.session import Attendee
from vmrd.lifecycle.words import AttendeeRole, Control, Instant, Observation, Purpose, Role, SegmentKind, Where

MINUTE = 60_000


def plan(session: str, now: Instant) -> i.Plan:
    """A consultation in an hour, with a solicitor and an interpreter."""
    return i.Plan(
        session=session,
        booking_id=f"desk:{session}",
        booking_version=1,
        segment=SegmentKind.MAIN,
        purpose=Purpose.LEGAL_CONSULTATION,
        establishment="MDI",
        room=f"VCC-{session}",
        room_address="room1@rooms.example.org",
        control=Control.FULL,
        starts_at=now + 10 * MINUTE,
        ends_at=now + 90 * MINUTE,
        prisoner_ref="p",
        observation=Observation.CAMERA,
        alias="qwertyuiopasdf",
        needs_approval=False,
        attendees=(
            Attendee("p1", "n1", AttendeeRole.DEFENCE, required=True),
            Attendee("p2", "n2", AttendeeRole.INTERPRETER, required=True, needs_word=True),
        ),
    )


def opening(session: str, now: Instant) -> tuple[i.Input, ...]:
    """Everything up to a running meeting: six people and our own leg inside, the prison room being called."""
    six = [f"leg{number}" for number in range(6)]
    held = tuple(sighting(leg, Where.WAITING) for leg in six)
    inside = (sighting("own", Where.INSIDE, tag="tag"), *(sighting(leg, Where.INSIDE) for leg in six))
    return (
        plan(session, now),
        i.VmrEnsured(1),
        i.AliasProbed(1, 2, 2),
        i.ControlTagged("tag"),
        i.ControlTaken("own"),
        i.RosterSeen(i.Order(1, 0), i.Source.STREAM, held, False, False, False),
        i.Open("k.shah"),
        i.RosterSeen(i.Order(1, 1), i.Source.STREAM, inside, False, True, False),
    )


def sighting(leg: str, where: Where, role: Role = Role.GUEST, tag: str = "") -> i.Sighting:
    """A browser with picture, or our own leg where a tag is given."""
    own = bool(tag)
    return i.Sighting(
        leg=leg,
        name=leg,
        address=leg,
        protocol=i.Protocol.CONTROL if own else i.Protocol.WEB,
        dialled_out=False,
        role=role,
        where=where,
        has_media=not own,
        has_video=not own,
        audio_only=False,
        streaming=False,
        encrypted=True,
        presenting=False,
        call_tag=tag,
        vendor="Chrome",
        name_ref=f"n-{leg}",
    )
