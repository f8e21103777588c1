"""Whatever a booking system sends is either read or refused with reasons; it never breaks us."""

from hypothesis import given
from hypothesis import strategies as st

from vmrd.lifecycle.desk import FLAGS, Authority, Desk
from vmrd.lifecycle.intake import read
from vmrd.lifecycle.intake_changes import Standing, standing
from vmrd.lifecycle.intake_words import (
    Asked,
    AttendeeAsked,
    Fault,
    PrisonerAsked,
    Room,
    RoomAsked,
    SegmentAsked,
    SlotAsked,
    Wanted,
)
from vmrd.lifecycle.words import PriorityReason

NOW = 1_793_869_200_000
ROOMS = {"R1": Room("R1", None)}

texts = st.one_of(st.text(max_size=12), st.sampled_from(["A1234AA", "main", "pre", "R1", "p1", "2026-11-05", "10:00"]))
maybe = st.none() | texts
dates = st.sampled_from(["2026-11-05", "2026-10-25", "2027-03-28", "0001-01-01", "9999-12-31", "2026-02-30"]) | texts
times = st.sampled_from(["00:00", "01:30", "09:45", "10:00", "23:59", "24:00"]) | texts
slots = st.lists(st.builds(SlotAsked, dates, times, times), min_size=1, max_size=3).map(tuple)
segments = st.lists(
    st.builds(SegmentAsked, texts, slots, maybe, st.none() | st.lists(texts, max_size=3).map(tuple)), max_size=3
).map(tuple)
asked = st.builds(
    Asked,
    requested=st.booleans(),
    purpose=maybe,
    observation=maybe,
    timezone=st.sampled_from(["Europe/London", "../../etc/passwd", ""]),
    prisoners=st.lists(st.builds(PrisonerAsked, maybe, maybe, maybe, st.booleans()), max_size=2).map(tuple),
    segments=segments,
    room=st.builds(RoomAsked, texts, maybe, maybe, maybe),
    attendees=st.lists(
        st.builds(
            AttendeeAsked, texts, texts, st.booleans(), maybe, maybe, st.booleans(), st.booleans(), maybe, st.booleans()
        ),
        max_size=3,
    ).map(tuple),
    screen_share=st.booleans(),
    booker_email=maybe,
    case_given=st.booleans(),
    hearing_date=st.none() | dates,
    notice_waived_by=maybe,
    priority_class=st.sampled_from(["high", "HIGH", "normal"]) | maybe,
    priority_reason=st.sampled_from(PriorityReason) | maybe,
)


@given(asked, st.builds(Desk, st.sampled_from(Authority), st.integers(0, 10**9), st.just({"gate": "Who?"})))
def test_every_event_is_read_or_refused_with_reasons(event: Asked, desk: Desk) -> None:
    found = read(event, ROOMS, desk, NOW)
    if isinstance(found, Wanted):
        assert set(found.flags) <= FLAGS.keys()
        assert found.segments
        for segment in found.segments:
            assert all(slot.start < slot.end for slot in segment.slots)
            assert len({len(each.slots) for each in found.segments}) == 1
    else:
        assert found
        assert all(isinstance(fault, Fault) and fault.pointer.startswith("/booking") for fault in found)


@given(st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_versions_only_grow_and_one_version_says_one_thing(known: int, version: int, same: bool) -> None:
    found = standing(known, "digest", version, "digest" if same else "another")
    if version > known:
        assert found is Standing.NEW
    elif version < known:
        assert found is Standing.STALE
    else:
        assert found is (Standing.DUPLICATE if same else Standing.CONFLICT)
