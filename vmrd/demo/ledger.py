"""What went to and fro between booking systems and vmrd, beside Pexip's own account of what became of it.

A *check* looks at both and answers with a sentence that says what is not so, or with None when all is. Answers and
callbacks are read as they were received; nothing of what vmrd keeps is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vmrd.demo import verify
from vmrd.demo.clerk import Exchange
from vmrd.demo.receiver import Told
from vmrd.demo.verify import Meeting, meeting


@dataclass(frozen=True, slots=True)
class Ledger:
    """`told`: callbacks whose signature fits; `refused`: how many others there were. `pexip`: the mock's own state."""

    exchanges: Sequence[Exchange]
    told: Sequence[Told]
    refused: int
    pexip: Mapping[str, Any]

    def of(self, about: str) -> list[Exchange]:
        """What was said and answered about a booking or a block, in order."""
        return [each for each in self.exchanges if each.about == about]

    def meeting(self, booking: str) -> Meeting:
        """What Pexip shows under the link the booking was answered with."""
        links = _links(self.of(booking))
        return meeting(self.pexip, _alias(links[0]) if links else "")


Check = Callable[[Ledger], str | None]


def nothing_else(seen: Ledger) -> str | None:
    """Every callback was signed, and every room that stands in Pexip has a link some booking was answered with."""
    if seen.refused:
        return f"{seen.refused} callbacks were not signed as they must be"
    known = {_alias(link) for link in _links(seen.exchanges)}
    standing = [vmr for vmr in seen.pexip["vmrs"] if not vmr["deleted"]]
    strays = sum(known.isdisjoint(address.partition("@")[0] for address in vmr["aliases"]) for vmr in standing)
    return f"{strays} rooms stand in Pexip that no booking was told of" if strays else None


def answered(about: str, status: int, **members: object) -> Check:
    """The last answer about it has this status, and these members with exactly these values."""

    def check(seen: Ledger) -> str | None:
        had = seen.of(about)
        if not had:
            return f"nothing was said of {about} yet"
        if had[-1].status != status:
            return f"{about} was answered {had[-1].status}, not {status}"
        wrong = sorted(name for name, value in members.items() if had[-1].answer.get(name) != value)
        return f"the answer about {about} says something else of {', '.join(wrong)}" if wrong else None

    return check


def chose(booking: str, slot: int, *skipped: str) -> Check:
    """It was taken into this slot, and the answer says why each slot before it was not: one word each."""

    def check(seen: Ledger) -> str | None:
        chosen = seen.of(booking)[-1].answer["chosenSlot"]
        if chosen["index"] != slot:
            return f"{booking} was taken into slot {chosen['index'] + 1}"
        reasons = tuple(each["reason"] for each in sorted(chosen["skipped"], key=lambda each: int(each["index"])))
        return (
            None if reasons == skipped else f"the answer says of the slots before it: {', '.join(reasons) or 'nothing'}"
        )

    return verify.every(answered(booking, 202, result="accepted"), check)


def offers_instead(booking: str) -> Check:
    """It was refused, and free times were named instead."""

    def check(seen: Ledger) -> str | None:
        return None if seen.of(booking)[-1].answer.get("alternatives") else "no free time was named instead"

    return verify.every(answered(booking, 409, type="/problems/claimed"), check)


def one_winner(*bookings: str) -> Check:
    """Exactly one of them was taken; all others were refused with free times instead."""

    def check(seen: Ledger) -> str | None:
        had = {booking: seen.of(booking) for booking in bookings}
        if not all(had.values()):
            return "not all of them were answered yet"
        winners = [booking for booking in bookings if had[booking][-1].status == 202]
        if len(winners) != 1:
            return f"{len(winners)} of them were taken"
        losers = [offers_instead(booking)(seen) for booking in bookings if booking not in winners]
        return next((why for why in losers if why is not None), None) or shows(winners[0], verify.dialable)(seen)

    return check


def same_session(booking: str) -> Check:
    """Every answer about it names the same sessions and the same links, while it had any."""

    def check(seen: Ledger) -> str | None:
        had = seen.of(booking)
        if len({tuple(each["sessionId"] for each in one.answer.get("sessionIds", ())) for one in had}) != 1:
            return f"{booking} has become another session"
        return None if len(set(_links(had))) == 1 else f"{booking} has another link"

    return check


def repeated(booking: str) -> Check:
    """The same message was sent twice and got the same answer, byte for byte."""

    def check(seen: Ledger) -> str | None:
        *_, last = had = seen.of(booking)
        same = [each for each in had if each.event["eventId"] == last.event["eventId"]]
        if len(same) < 2:
            return "the message was not sent again yet"
        return None if len({each.text for each in same}) == 1 else "the same message got two answers"

    return check


def told(event: str, *bookings: str, times: int = 1) -> Check:
    """The booking system heard this of each of these bookings, exactly so often."""

    def check(seen: Ledger) -> str | None:
        for booking in bookings:
            heard = sum(each.event == event and each.booking == booking for each in seen.told)
            if heard != times:
                return f"{event} was told {heard} times of {booking}"
        return None

    return check


def told_the_link(booking: str) -> Check:
    """`session.ready` carries the very link of the answer."""

    def check(seen: Ledger) -> str | None:
        links = set(_links(seen.of(booking)))
        ready = [each.text for each in seen.told if each.event == "session.ready" and each.booking == booking]
        carried = len(links) == 1 and all(link in text for link in links for text in ready)
        return None if carried else "the callback does not carry the link of the answer"

    return verify.every(told("session.ready", booking), check)


def shows(booking: str, *checks: verify.Check) -> Check:
    """Pexip itself shows this of the booking's meeting."""
    return lambda seen: verify.every(*checks)(seen.meeting(booking))


def not_made(*bookings: str) -> Check:
    """Pexip has no room for any of these yet."""

    def check(seen: Ledger) -> str | None:
        made = [booking for booking in bookings if seen.meeting(booking).vmrs]
        return f"Pexip has a room for {made[0]} already" if made else None

    return check


def _links(exchanges: Sequence[Exchange]) -> list[str]:
    sessions = [each for one in exchanges for each in one.answer.get("sessionIds", ())]
    return [each["link"] for each in sessions if each.get("link")]


def _alias(link: str) -> str:
    return link.rpartition("/")[2].partition("@")[0]
