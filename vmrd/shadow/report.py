"""What vmrd would have done against what officers did: every booked meeting of some days, and all of them together.

No person is in it: rooms, times, booking references and figures. What cannot be known is said to be unknown rather than
left out, because a report that looks complete would be believed to be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmrd.lifecycle.words import Instant
from vmrd.shadow.record import Noted, Unbooked, Wanted
from vmrd.shadow.story import Span, Story

_HOUSEKEEPING = frozenset({"EnsureVmr", "ProbeAlias", "DeleteVmr", "EndInstance", "ReleaseControl"})
"""Commands about vmrd's own vmrs, which exist in no shadow: nobody would have noticed them."""
_LEAVING = 15_000
"""Milliseconds within which everybody leaves a meeting that is ended by hand."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well was watched. `by_status`: changes no event told; `blind`: times when the status could not be read."""

    events: int
    dropped: int
    by_event: int
    by_status: int
    status_reads: int
    blind: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What left for Pexip: `requests` were let through, each a GET; `refused` were stopped at the transport."""

    requests: int
    others: int
    refused: int


@dataclass(frozen=True, slots=True)
class Report:
    """`wanted`: commands by session, without those about vmrd's own vmrs. `now`: when it was made."""

    start: Instant
    end: Instant
    now: Instant
    stories: tuple[Story, ...]
    wanted: Mapping[str, tuple[Wanted, ...]]
    unbooked: tuple[Unbooked, ...]
    coverage: Coverage
    sent: Sent

    @property
    def held(self) -> tuple[Story, ...]:
        """Meetings that were seen to be held."""
        return tuple(story for story in self.stories if story.began is not None)

    @property
    def commands(self) -> Counter[str]:
        """How many commands of each kind vmrd would have given."""
        return Counter(wanted.what for each in self.wanted.values() for wanted in each)

    @property
    def totals(self) -> dict[str, int]:
        """Everything counted over all meetings; times are in seconds."""
        held, now = self.held, self.now
        phones = [span for story in held for span in story.phones]
        recorders = [span for story in held for span in story.recorders]
        unlocked = [span for story in held for span in story.unlocked]
        late = [story.lock_late or 0 for story in held]
        return {
            "booked": len(self.stories),
            "held": len(held),
            "not_seen": len(self.stories) - len(held),
            "unbooked": len(self.unbooked),
            "locked_late": sum(seconds > 0 for seconds in late),
            "lock_late_seconds": sum(late),
            "never_locked": sum(story.never_locked for story in held),
            "unlocked_after": len(unlocked),
            "unlocked_seconds": sum(span.seconds(now) for span in unlocked),
            "phones": len(phones),
            "phone_seconds": sum(span.seconds(now) for span in phones),
            "recorders": len(recorders),
            "recorder_seconds": sum(span.seconds(now) for span in recorders),
            "strange_hosts": sum(story.strange_hosts for story in held),
            "opened_early": sum(story.opened_early > 0 for story in held),
            "opened_late": sum(story.opened_late > 0 for story in held),
            "ended_late": sum(story.ended_late > 0 for story in held),
            "ran_on": sum(story.ran_on for story in held),
            "id_checks_unseen": sum(story.visitors for story in held),
            "rooms_unknown": sum(not story.room_seen for story in held),
        }


def report_of(
    stories: Sequence[Story], noted: Noted, start: Instant, end: Instant, now: Instant, places: Sequence[str] = ()
) -> Report:
    """The report of these meetings. `places`: only these establishments; figures of the watching are of all."""
    figures = noted.figures
    sessions = {story.session: story for story in stories}
    wanted: dict[str, tuple[Wanted, ...]] = {}
    for each in noted.wanted:
        story = sessions.get(each.session)
        if story is not None and each.what not in _HOUSEKEEPING and not _of_its_end(each, story):
            wanted[each.session] = (*wanted.get(each.session, ()), each)
    requests = {name: count for name, count in figures.items() if name.startswith("sent ")}
    return Report(
        start=start,
        end=end,
        now=now,
        stories=tuple(stories),
        wanted=wanted,
        unbooked=tuple(each for each in noted.unbooked if not places or each.establishment in places),
        coverage=Coverage(
            events=figures.get("events", 0),
            dropped=figures.get("events dropped", 0),
            by_event=figures.get("changes told by events", 0),
            by_status=figures.get("changes only the status showed", 0),
            status_reads=figures.get("status reads", 0),
            blind=tuple(Span(began, ended) for began, ended in noted.blind),
        ),
        sent=Sent(
            requests=sum(requests.values()),
            others=sum(count for name, count in requests.items() if name != "sent GET"),
            refused=figures.get("refused at the transport", 0),
        ),
    )


def _of_its_end(wanted: Wanted, story: Story) -> bool:
    """Whether the room was only missed because the meeting just ended: people leave a moment before it is said to be
    over, and a room that hung up by itself is called again.
    """
    missed = wanted.what == "EnsureEndpointInside" and story.ended is not None
    return missed and wanted.first_at >= (story.ended or 0) - _LEAVING
