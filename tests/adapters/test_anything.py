"""Whatever a booking system holds, mapping either words it as an event that can be read, or names why it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.adapters.estate import BVLS_PATH, Estate, video_booking
from tests.adapters.upstreams import BVLS, VISIT
from vmrd.adapters import bvls, official_visits
from vmrd.adapters.reading import LeftAlone, Mapped, Ours, Unmappable
from vmrd.web.booking_shapes import BookingEventIn

OURS = Ours("bvls", lambda code: frozenset({f"{code}-VCC-1"}))
Mapper = Callable[[bytes, str, Ours], Mapped | LeftAlone]

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8"))
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=5)


@st.composite
def mutated(draw: st.DrawFn, sample: Any) -> Any:
    """The sample with up to three of its members, at any depth, made something else or taken away."""
    changed = deepcopy(sample)
    for _ in range(draw(st.integers(1, 3))):
        here = changed
        while True:
            places = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not places:
                break
            place = draw(st.sampled_from(places))
            if isinstance(here[place], dict | list) and here[place] and draw(st.booleans()):
                here = here[place]
                continue
            if draw(st.booleans()):
                here[place] = draw(values)
            else:
                del here[place]
            break
    return changed


@pytest.mark.parametrize(
    ("mapper", "sample", "number"), [(bvls.mapped, BVLS, "184233"), (official_visits.mapped, VISIT, "77")]
)
@settings(max_examples=150)
@given(data=st.data())
def test_a_mutated_booking_is_read_or_named(mapper: Mapper, sample: Any, number: str, data: st.DataObject) -> None:
    held = data.draw(mutated(sample))
    read: Mapped | LeftAlone | None = None
    with suppress(Unmappable):
        read = mapper(json.dumps(held).encode(), number, OURS)
    if isinstance(read, Mapped):
        with suppress(ValidationError):  # the rules of every booking name what is wrong
            assert BookingEventIn.model_validate(read.event).booking.id == f"bvls:{number}"


@pytest.mark.asyncio
async def test_a_mutated_booking_never_breaks_us_or_is_half_taken(here: Estate) -> None:
    chance = Random(4)
    for _ in range(150):
        held = deepcopy(BVLS)
        appointments = held["prisonAppointments"]
        for part in (held, *appointments):
            member = chance.choice([*part])
            if chance.random() < 0.4:
                part[member] = chance.choice([None, "", "\x00", -1, 2**70, [], {}, True, "x" * 5_000, "2026-03-29"])
        here.bvls.held[BVLS_PATH] = held
        found = await here.outcome(video_booking("amended"))
        assert found["outcome"] in ("taken", "refused", "ignored")
        record = await here.record("bvls:184233")
        assert record is None or {segment.key for segment in record.segments} <= {"pre", "main", "post"}
