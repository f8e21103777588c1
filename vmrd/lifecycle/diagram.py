"""The phases of a session and what moves it between them, drawn from the code by trying it.

No table of transitions exists to be drawn: they follow from the rules. So `edges` explores: from a few plans it applies
every input that could matter, and lets time pass, in every situation it reaches, and notes each change of phase. What
is drawn therefore happens; that nothing else happens is held by the tests, which throw anything at the core.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.facts import PhaseChanged
from vmrd.lifecycle.rules import HOUR, Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Control, Instant, Observation, Phase, Purpose, Role, SegmentKind, Where

_START = 10**12
_END = _START + HOUR
_RULES = Rules()
_LATER = i.Order(1, 1)
_BY = "officer"
_AT_ONCE = "at once"
"""The cause of a change that followed another in the same decision."""

_PLAN = i.Plan(
    session="s",
    booking_id="b",
    booking_version=1,
    segment=SegmentKind.MAIN,
    purpose=Purpose.LEGAL_CONSULTATION,
    establishment="MDI",
    room="1",
    room_address="room@example.org",
    control=Control.FULL,
    starts_at=_START,
    ends_at=_END,
    prisoner_ref="p",
    observation=Observation.CAMERA,
    alias="a",
    needs_approval=False,
    attendees=(),
)
_PLANS = (_PLAN, replace(_PLAN, needs_approval=True), replace(_PLAN, control=Control.OBSERVE))
_ROOM = i.Sighting(
    leg="room",
    name="",
    address="",
    protocol=i.Protocol.SIP,
    dialled_out=True,
    role=Role.HOST,
    where=Where.INSIDE,
    has_media=True,
    has_video=True,
    audio_only=False,
    streaming=False,
    encrypted=True,
    presenting=False,
    call_tag="",
    vendor="",
)
_INPUTS: tuple[i.Input, ...] = (
    i.Approve(_BY),
    i.Decline(_BY, "r"),
    i.Cancel(2, "cancelled"),
    i.VmrEnsured(1),
    i.VmrEnsured(2),
    i.AliasProbed(1, 1, 1),
    i.AliasProbed(2, 1, 1),
    i.AliasProbed(1, 0, 1),
    i.ReplaceVmr("b", _BY),
    i.Open(_BY),
    i.RosterSeen(_LATER, i.Source.STREAM, (_ROOM,), locked=False, started=True, recording=False, instance="1"),
    i.RosterSeen(_LATER, i.Source.STREAM, (_ROOM,), locked=False, started=True, recording=False, instance="2"),
    i.RoomCalled("room"),
    i.PrisonerIn(_BY, eyes_fresh=True, reason_ref="r"),
    i.PrisonerOut(_BY),
    i.ConferenceGone(_LATER, "gone"),
    i.End(_BY),
    i.EmptySeen(),
    i.VmrDeleted(1),
    i.ConfirmOutcome(_BY),
)
_INSTANTS = (
    _START - _RULES.prepare_before,
    _START - _RULES.open_before,
    _START + _RULES.fail_preparing_after,
    _END,
    _END + _RULES.end_grace,
)


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A change of phase, and the kind of input that brought it about."""

    before: Phase
    after: Phase
    cause: str


@cache
def edges() -> frozenset[Edge]:
    """Every change of phase that exploring finds."""
    found: set[Edge] = set()
    seen: set[object] = set()
    todo: deque[tuple[Session, Instant]] = deque()
    for plan in _PLANS:
        now = _START - 2 * _RULES.prepare_before
        planned = decide(None, plan, now, _RULES)
        assert isinstance(planned, Decision)
        todo.append((planned.session, now))
    while todo:
        session, now = todo.popleft()
        situation = _situation(session, now)
        if situation in seen:
            continue
        seen.add(situation)
        for given, then in _moves(session, now):
            decision = decide(session, given, then, _RULES)
            if isinstance(decision, Decision) and (decision.facts or then > now):
                found.update(_changes(session, given, decision))
                todo.append((decision.session, then))
    return frozenset(found)


def mermaid() -> str:
    """The diagram as Mermaid text, the same for the same rules."""
    causes: dict[tuple[Phase, Phase], set[str]] = {}
    for edge in edges():
        causes.setdefault((edge.before, edge.after), set()).add(edge.cause)
    order = {phase: at for at, phase in enumerate(Phase)}
    lines = ["stateDiagram-v2", f"    [*] --> {Phase.PLANNED}"]
    for (before, after), why in sorted(causes.items(), key=lambda edge: (order[edge[0][0]], order[edge[0][1]])):
        lines.append(f"    {before} --> {after}: {', '.join(sorted(why - {_AT_ONCE}) or [_AT_ONCE])}")
    left = {before for before, _ in causes}
    lines.extend(f"    {phase} --> [*]" for phase in Phase if phase not in left)
    return "\n".join(lines) + "\n"


def _situation(session: Session, now: Instant) -> object:
    """What tells two situations apart for the changes that may follow; the first one reached stands for all."""
    return (
        sum(now >= instant for instant in _INSTANTS),
        session.phase,
        session.control,
        session.needs_approval,
        session.generation,
        session.vmr_created_at is None,
        session.meeting and session.meeting.instance,
        session.opening and session.opening.step,
        session.endpoint.leg,
        session.prisoner.inside,
        session.empty_at is None,
        session.vmr_deleted_at is None,
        session.link_dead_at is None,
        frozenset(ask for ask in session.asks if ask.startswith("probe")),
    )


def _moves(session: Session, now: Instant) -> Iterator[tuple[i.Input, Instant]]:
    yield from ((given, now) for given in _INPUTS)
    yield from ((i.WakeUp(), instant) for instant in _INSTANTS if instant > now)
    if session.empty_at is not None and session.phase is Phase.ENDING:
        yield i.EmptySeen(), session.empty_at + _RULES.empty_twice_apart
    if session.phase in OVER:
        yield i.WakeUp(), now + _RULES.replication + _RULES.watch_after_delete
        yield i.WakeUp(), now + _RULES.close_unconfirmed_after


def _changes(session: Session, given: i.Input, decision: Decision) -> Iterator[Edge]:
    before, cause = session.phase, _cause(given)
    for fact in decision.facts:
        if isinstance(fact, PhaseChanged):
            yield Edge(before, fact.to, cause)
            before, cause = fact.to, _AT_ONCE


def _cause(given: i.Input) -> str:
    if isinstance(given, i.WakeUp):
        return "time passes"
    name = type(given).__name__
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
