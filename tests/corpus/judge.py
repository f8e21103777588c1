"""Each history, lived through by a session with its meeting running; and the table of how it came out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from tests.corpus.histories import LEG, Must, Participant, State, told
from tests.lifecycle.story import secure
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.decide import decide
from vmrd.lifecycle.door import is_phone
from vmrd.lifecycle.facts import RemovalRequested
from vmrd.lifecycle.inputs import Sighting
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Kind
from vmrd.pexip.policy import read_ask

ASK_THE_OFFICER = ("wait", "ask")
_MEETING = secure()


@dataclass(frozen=True, slots=True)
class Result:
    """What was done with one participant as one surface tells it. `did`: one word for each state. `thrown_out`: as a
    phone or recorder; that a leg of ours whose token was lost is put out too throws out nobody.
    """

    who: Participant
    surface: str
    did: tuple[Must, ...]
    kind: Kind
    thrown_out: bool

    @property
    def unsure(self) -> bool:
        """Whether it was left to the officer in the end."""
        return self.did[-1] in ASK_THE_OFFICER

    @property
    def right(self) -> bool:
        """Whether every state was answered as it must be, and the kind is the right one."""
        done = all(self.did[at] == must for at, must in enumerate(self.who.must))
        return done and (self.unsure or self.kind == self.who.kind)


def judge(everybody: Iterable[Participant], paths: dict[str, tuple[State, ...]]) -> list[Result]:
    """What is done with everybody, on each surface that tells of them."""
    return [
        lived(who, surface, [(i.Source.STREAM, seen) for seen in told(who, paths[who.path], surface)])
        for who in everybody
        for surface in who.surfaces
    ]


def turned_away(who: Participant) -> bool:
    """Whether the call is turned away at the door, asked the way Pexip asks."""
    assert who.door is not None
    return is_phone(read_ask(urlencode({"protocol": "sip", "call_direction": "dial_in", **who.door})).caller)


def lived(who: Participant, surface: str, sightings: list[tuple[i.Source, Sighting]]) -> Result:
    """What a session whose meeting is locked and secure makes of these sightings of one leg, in their order."""
    session = replace(_MEETING.session, room_address=who.address) if who.our_room else _MEETING.session
    did: list[Must] = []
    thrown_out = False
    for number, (source, seen) in enumerate(sightings):
        order = i.Order(session.seen[0], session.seen[1] + 1)
        decision = decide(session, i.LegSeen(order, source, seen.named("ref")), _MEETING.now + number, _MEETING.rules)
        assert not isinstance(decision, Refused)
        session = decision.session
        thrown_out = thrown_out or any(
            isinstance(fact, RemovalRequested) and fact.why != "ghost" for fact in decision.facts
        )
        did.append(_done(session))
    return Result(who, surface, tuple(did), session.legs[LEG].kind, thrown_out)


def _done(session: Session) -> Must:
    leg = session.legs[LEG]
    if leg.kind is Kind.OWN:
        return "ours"
    if leg.kind in (Kind.PHONE, Kind.RECORDER):
        assert f"remove:{LEG}" in session.asks
        return "out"
    if leg.settled and leg.kind is not Kind.UNSURE:
        return "person"
    return "wait" if not leg.has_media else "ask"


def table(results: list[Result]) -> str:
    """The accuracy table, as text."""
    lines = [
        "| group       | histories | right | unsure | let in though a phone or recorder | put out though a person |",
        "|-------------|----------:|------:|-------:|----------------------------------:|------------------------:|",
    ]
    groups = dict.fromkeys(result.who.group for result in results)
    for group in [*groups, "all"]:
        rows = [result for result in results if group in (result.who.group, "all")]
        cells = (len(rows), count(rows, "right"), count(rows, "unsure"), len(let_in(rows)), len(put_out(rows)))
        lines.append("| {:11} | {:9} | {:5} | {:6} | {:33} | {:23} |".format(group, *cells))
    return "\n".join(lines)


def count(results: list[Result], what: str) -> int:
    return sum(bool(getattr(result, what)) for result in results)


def let_in(results: list[Result]) -> list[Result]:
    """Phones and recorders that were ever taken for a person once there was anything to tell them by."""
    return [
        result
        for result in results
        if result.who.kind in ("phone", "recorder")
        and any(
            did in ("person", "ours") and must == "out" for did, must in zip(result.did, result.who.must, strict=True)
        )
    ]


def put_out(results: list[Result]) -> list[Result]:
    """Everybody else who was ever put out."""
    return [result for result in results if result.thrown_out and result.who.kind not in ("phone", "recorder")]
