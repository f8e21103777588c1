"""Whatever is taken: the slot that is chosen can be had, the ones before it cannot, and what is offered instead can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from vmrd import rooms
from vmrd.lifecycle.capacity import UNDECLARED, Hours, at
from vmrd.lifecycle.intake_words import Room, Segment, Stretch
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.words import Control, SegmentKind
from vmrd.lifecycle.works import Consent, Window, WorksKind
from vmrd.rooms import Chosen, Premises, Request, Unavailable, room_subject
from vmrd.store.base import Ahead, Claim, Held, Rx

DAY = date(2026, 11, 5)
KEYS = ("A", "B", "C")
WEEKDAYS = Hours((*(((540, 720), (780, 1020)),) * 5, (), ()))
pure = settings(max_examples=150, derandomize=True, database=None, deadline=None)


@dataclass
class Taken:
    """As much of a store as rooms are asked of: claims by subject, and windows."""

    held: dict[str, list[Stretch]]
    windows: list[Window]

    def ahead(self, look: Ahead) -> None:
        """It is near."""

    def claims(self, kind: str, subject: str, start: int, end: int) -> list[Held]:
        found = self.held.get(f"{kind}:{subject}", [])
        return [Held("other", each.start, each.end) for each in found if each.start < end and each.end > start]

    def claims_on(self, wanted: Sequence[Claim]) -> list[list[Held]]:
        return [self.claims(each.kind, each.subject, each.start, each.end) for each in wanted]

    def works(self, establishment: str, start: int, end: int) -> list[Window]:
        return [each for each in self.windows if each.start < end and each.end > start]


def stretch(pair: tuple[int, int]) -> Stretch:
    """Five-minute steps from 08:00 on."""
    start = at(DAY, 480) + pair[0] * 5 * MINUTE
    return Stretch(start, start + pair[1] * 5 * MINUTE)


times = st.tuples(st.integers(0, 110), st.integers(1, 24)).map(stretch)
busy = st.lists(times, max_size=8)
window = st.builds(
    lambda when, keys, consent: Window(
        "works-1", "MDI", WorksKind.CONSTRUCTION, tuple(keys), when.start, when.end, consent
    ),
    times,
    st.sets(st.sampled_from(KEYS), min_size=1),
    st.sampled_from((Consent.AGREED, Consent.AGREED, Consent.REQUESTED)),
)
store = st.builds(
    lambda a, b, c, prisoner, windows: Taken(
        {
            **{f"room:{room_subject('MDI', key)}": each for key, each in zip(KEYS, (a, b, c), strict=True)},
            "prisoner:p": prisoner,
        },
        windows,
    ),
    busy,
    busy,
    busy,
    st.lists(times, max_size=2),
    st.lists(window, max_size=2),
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """One or two segments, one behind the other, at one to three times."""
    lengths = draw(st.lists(st.integers(1, 8), min_size=1, max_size=2))
    starts = draw(st.lists(st.integers(0, 100), min_size=1, max_size=3))
    segments, ahead = [], 0
    for kind, length in zip((SegmentKind.PRE, SegmentKind.MAIN), lengths, strict=False):
        slots = tuple(stretch((start + ahead, length)) for start in starts)
        segments.append(Segment(kind, Room(draw(st.sampled_from(KEYS)), None), slots, (), Control.FULL))
        ahead += length
    return Request(
        premises=Premises("MDI", {key: Room(key, None) for key in KEYS}, draw(st.sampled_from((UNDECLARED, WEEKDAYS)))),
        segments=tuple(segments),
        prisoner=draw(st.sampled_from(("p", None))),
        mine=frozenset(),
        keeps=frozenset(),
        running=frozenset(),
        allocated=draw(st.booleans()),
        screen_share=False,
        now=draw(st.sampled_from((at(DAY, 0), at(DAY, 600)))),
    )


def only(request: Request, index: int) -> Request:
    """The same at one of its times alone, for a sender vmrd decides for."""
    segments = tuple(replace(each, slots=(each.slots[index],)) for each in request.segments)
    return replace(request, segments=segments, allocated=False)


def answer(rx: Rx, request: Request) -> Chosen | Unavailable:
    try:
        return rooms.choose(rx, request)
    except Unavailable as refused:
        return refused


def can_be_had(rx: Rx, request: Request) -> bool:
    return isinstance(answer(rx, request), Chosen)


@pure
@given(store, requests())
def test_the_first_time_that_can_be_had_is_chosen(taken: Taken, request: Request) -> None:
    rx = cast("Rx", taken)
    free = [can_be_had(rx, only(request, index)) for index in range(len(request.segments[0].slots))]
    chosen = answer(rx, request)
    if isinstance(chosen, Unavailable):
        assert not any(free)
        assert [each.index for each in chosen.skipped] == list(range(len(free)))
        return
    if any(free):
        assert chosen.index == free.index(True)
        assert chosen.warnings == ()
    else:
        assert request.allocated
        assert chosen.warnings
    assert [each.index for each in chosen.skipped] == list(range(len(chosen.skipped)))


@pure
@given(store, requests())
def test_what_is_offered_instead_can_be_had(taken: Taken, request: Request) -> None:
    rx = cast("Rx", taken)
    refused = answer(rx, request)
    if isinstance(refused, Chosen):
        return
    full = rooms.instead(rx, refused)
    assert full.instead  # three days on, nothing is taken
    for offer in full.instead:
        parts = {part.kind: part for part in offer}
        segments = tuple(
            replace(
                each,
                room=Room(parts[each.kind].room, None),
                slots=(Stretch(parts[each.kind].start, parts[each.kind].end),),
            )
            for each in request.segments
        )
        assert can_be_had(rx, replace(request, segments=segments, allocated=False))
        assert all(part.start >= request.now for part in offer)


@pure
@given(store, requests())
def test_who_has_allocated_a_room_is_never_refused_it(taken: Taken, request: Request) -> None:
    chosen = answer(cast("Rx", taken), replace(request, allocated=True))
    assert isinstance(chosen, Chosen)
    assert set(chosen.flags) <= {"room_taken", "prisoner_taken"}
    assert all(any(warning.startswith(flag) for warning in chosen.warnings) for flag in chosen.flags)
