"""Anything that can happen, in any order: what the properties in `test_always` draw their histories from.

Orders are drawn relative to what the session has seen and placed by `placed`, so that late, current, repeated and
future observations all come often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from tests.lifecycle import story as s
from tests.lifecycle.story import CARD, END, INTERPRETER, LAWYER, OFFICER, PROBATION, START, Story
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.inputs import Order, Protocol, Sighting, Source
from vmrd.lifecycle.rules import HOUR, MINUTE, SECOND, Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Document, Result, Role, Where
from vmrd.lifecycle.works import Works

LEGS = ("own", "codec", "codec2", "ada", "bo", "phone", "rec", "ghost")
RULES = (
    Rules(),
    Rules(opening_locked_first=True),
    Rules(encryption_required=True, presenting_needs_declaration=False, unexpected_hosts_removed=True),
)

_PEOPLE = (
    s.own(),
    s.own("ghost"),
    s.codec(),
    s.codec("codec2"),
    s.browser(),
    s.browser("bo", "Bo"),
    s.phone(),
    s.recorder(),
    s.browser("bo", "Bo", protocol=Protocol.UNKNOWN),
)
_TWEAKS: tuple[dict[str, object], ...] = (
    {},
    {},
    {"role": Role.HOST},
    {"has_media": False, "has_video": False},
    {"has_video": False},
    {"presenting": True},
    {"encrypted": False},
    {"streaming": True},
    {"name_ref": "ref-Somebody Else"},
    {"call_tag": s.TAG},
    {"place_ref": "place-1"},
)
SIGHTINGS = tuple(
    replace(person, where=where, **tweak)  # type: ignore[arg-type]
    for person in _PEOPLE
    for where in (Where.INSIDE, Where.INSIDE, Where.WAITING, Where.ARRIVING)
    for tweak in _TWEAKS
)

order = st.builds(Order, st.sampled_from((0, 0, 0, 0, 1, -1)), st.integers(-2, 3))
source = st.sampled_from((Source.STREAM, Source.STREAM, Source.READ, Source.HINT))
sighting = st.sampled_from(SIGHTINGS)
leg = st.sampled_from(LEGS)
flag = st.booleans()
likely = st.sampled_from((True, True, True, False))
people = st.one_of(
    st.just((s.own(), s.codec(), s.browser())),
    st.just((s.own(), s.waiting())),
    st.lists(sighting, max_size=5, unique_by=lambda seen: seen.leg).map(tuple),
    st.tuples(st.just(s.own()), st.just(s.codec()), st.just(s.browser()), st.sampled_from(SIGHTINGS[-160:])),
)
seldom = st.sampled_from((False, False, False, True))
attendee = st.sampled_from((LAWYER, INTERPRETER, PROBATION))
ref = attendee.map(lambda who: who.ref)
told_at = st.sampled_from((None, None, START - MINUTE, START, START + SECOND, START + 3 * MINUTE, END))

observed: st.SearchStrategy[i.Observed] = st.one_of(
    st.builds(
        i.RosterSeen, order, source, people, likely, likely, seldom, st.sampled_from((None, None, "conf-1", "conf-2"))
    ),
    st.builds(i.LegSeen, order, source, sighting),
    st.builds(i.LegGone, order, source, leg),
    st.builds(i.ConferenceSeen, order, source, likely, likely, seldom, told_at),
    st.builds(i.ConferenceGone, order, st.just("host-ended")),
    st.just(i.EmptySeen()),
    st.just(i.InstanceSeen("conf-2")),
    st.just(i.EyesLost()),
    st.just(i.Unwatched()),
    st.just(i.EyesBack()),
    st.builds(i.ControlTagged, st.sampled_from((s.TAG, "tag-2"))),
    st.builds(i.ControlTaken, st.sampled_from(("own", "ghost"))),
)
keys = st.sampled_from(
    ("lock", "start", "room", "end", "wipe", "end-instance", "remove:phone", "admit:bo", "ensure:1", "letter:2")
)
outcome: st.SearchStrategy[i.CommandOutcome] = st.one_of(
    st.builds(i.VmrEnsured, st.integers(1, 2)),
    st.builds(i.AliasProbed, st.integers(1, 2), st.integers(0, 2), st.just(2), st.integers(0, 1)),
    st.builds(i.RoomCalled, st.sampled_from(("codec", "codec2"))),
    st.builds(i.VmrDeleted, st.integers(1, 2)),
    st.builds(i.CommandDone, keys),
    st.builds(i.CommandFailed, keys, st.sampled_from(tuple(i.Failure))),
)
officer = st.just(OFFICER)
press: st.SearchStrategy[i.Press] = st.one_of(
    st.builds(i.Open, officer, st.sampled_from((None, None, "s0"))),
    st.builds(i.LockRoom, officer),
    st.builds(i.UnlockRoom, officer),
    st.builds(i.Admit, leg, officer),
    st.builds(i.Refuse, leg, officer),
    st.builds(i.RefuseAll, st.tuples(leg, leg), officer),
    st.builds(i.Remove, leg, officer),
    st.builds(
        i.CheckId, leg, ref, st.sampled_from((CARD, (), (Document.HEADED_LETTER, Document.PASSPORT))), officer, flag
    ),
    st.builds(i.WithdrawCheck, leg, officer),
    st.builds(i.Expect, attendee, officer),
    st.builds(i.Waive, ref, officer),
    st.builds(i.ClaimRoom, leg, officer),
    st.builds(i.CallRoom, officer),
    st.builds(
        i.Acknowledge,
        st.sampled_from(
            (
                "lock-drift",
                "interrupted",
                "breach",
                "phone-was-inside:phone",
                "refused-returned:bo",
                "blind",
                "unwatched",
            )
        ),
        officer,
    ),
    st.builds(i.AskOverride, leg, ref, likely, st.just("note-1"), officer),
    st.builds(i.ConfirmOverride, leg, st.sampled_from((OFFICER, "s.upervisor"))),
    st.builds(i.DealWith, st.sampled_from(("breach", "interrupted", "blind", "room-lost")), officer),
    st.builds(i.PrisonerIn, officer, likely, st.sampled_from((None, "note-1"))),
    st.builds(i.PrisonerOut, officer),
    st.builds(i.Pause, officer),
    st.builds(i.Resume, officer),
    st.builds(i.ReminderGiven, officer),
    st.builds(i.OfficerLeft, officer),
    st.builds(i.Signalled, officer),
    st.builds(i.ShareAnnounced, officer),
    st.builds(i.EvidenceReceived, ref, st.booleans(), officer),
    st.builds(i.TroubleReported, officer),
    st.builds(i.Extend, st.sampled_from((END, END + 30 * MINUTE)), officer),
    st.builds(i.End, officer),
    st.builds(i.Approve, officer),
    st.builds(i.Decline, officer, st.just("note-1")),
    st.builds(i.ConfirmOutcome, officer, st.sampled_from((None, Result.NORMAL))),
    st.builds(i.ReplaceVmr, st.sampled_from(("wvkqjhzrtm", "jzqxvkwmtr")), officer),
    st.builds(i.Note, st.just("note-1"), officer),
    st.builds(i.Reveal, st.just("host-pin"), st.none(), officer),
)
works = st.lists(
    st.builds(
        Works,
        st.sampled_from(("works-1", "works-2")),
        st.sampled_from((START - HOUR, START, START + MINUTE, END)),
        st.sampled_from((END, END + HOUR, START + 2 * MINUTE)),
    ),
    max_size=2,
).map(tuple)
booking: st.SearchStrategy[i.Booking] = st.one_of(
    st.just(s.plan()),
    st.builds(
        s.amended,
        st.integers(1, 4),
        starts_at=st.sampled_from((START, START + HOUR)),
        ends_at=st.sampled_from((END, END + HOUR, START + MINUTE)),
        attendees=st.sampled_from(((LAWYER,), (PROBATION,), (LAWYER, INTERPRETER))),
        flags=st.sampled_from(((), ("short_notice",))),
        booker=st.sampled_from((0, 1, 1, 2)),
    ),
    st.builds(i.Cancel, st.integers(1, 4), st.just("withdrawn")),
    st.builds(i.RoomWorks, works),
    st.builds(i.PrisonerMerged, st.sampled_from(("ref-prisoner", "ref-other"))),
)
door = st.builds(i.PhoneAtDoor, st.sampled_from(("call-1", "call-2")), st.just("ref-number"), st.just(START))
anything: st.SearchStrategy[i.Input] = st.one_of(observed, observed, observed, press, press, outcome, booking, door)
late: st.SearchStrategy[i.Observed] = st.one_of(
    st.builds(i.RosterSeen, order, source, people, flag, flag, flag, st.sampled_from((None, "conf-1", "conf-2"))),
    st.builds(i.LegSeen, order, source, sighting),
    st.builds(i.LegGone, order, source, leg),
    st.builds(i.ConferenceSeen, order, source, flag, flag, flag, told_at),
    st.builds(i.ConferenceGone, order, st.just("host-ended")),
)
passing = st.sampled_from((0, 0, 1, SECOND, 3 * SECOND, 5 * SECOND, 20 * SECOND, 2 * MINUTE))
"""How long after the former input the next one comes."""


def placed(given: i.Input, session: Session) -> i.Input:
    """The input with its order counted from what the session has seen."""
    if not isinstance(given, i.RosterSeen | i.LegSeen | i.LegGone | i.ConferenceSeen | i.ConferenceGone):
        return given
    generation, number = session.seen
    return replace(given, order=Order(generation + given.order.generation, number + given.order.number))


def is_late(given: i.Observed, session: Session) -> bool:
    """Whether this observation is second-hand or older than the last change taken down."""
    if isinstance(given, i.RosterSeen | i.LegSeen | i.LegGone | i.ConferenceSeen):
        return given.source is Source.HINT or (given.order.generation, given.order.number) < session.seen
    return isinstance(given, i.ConferenceGone) and (given.order.generation, given.order.number) < session.seen


STAGES: tuple[Callable[[Rules], Story], ...] = (
    s.planned,
    s.preparing,
    s.ready,
    s.arrived,
    s.starting,
    s.opened,
    s.checked,
    s.secure,
    s.private,
    lambda rules: s.private(rules).lost(),
    lambda rules: s.secure(rules).seen(s.phone()),
    lambda rules: s.secure(rules).seen(s.waiting("bo", "Bo")).when(i.Admit("bo", OFFICER)),
    lambda rules: s.secure(rules).when(i.UnlockRoom(OFFICER)),
    s.ending,
    s.ended,
)


@cache
def reached(stage: int, rules: int) -> Story:
    """A session at this stage of its life under these rules. Shared: copy before use."""
    if RULES[rules].opening_locked_first and stage > 3:
        return reached(stage, 0)  # those stages are told for the default way of opening
    return STAGES[stage](RULES[rules])


begin = st.tuples(st.integers(0, len(STAGES) - 1), st.integers(0, len(RULES) - 1))


__all__ = ["RULES", "Sighting", "anything", "begin", "is_late", "late", "passing", "placed", "reached"]
