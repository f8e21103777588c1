"""The accuracy that is promised, and the corpus that promise rests on: enough of everybody, every state labelled."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.corpus.histories import SURFACES, Participant, participants, paths, told
from tests.corpus.judge import judge, let_in, lived, put_out, turned_away
from tests.lifecycle.story import secure
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.words import Kind

EVERYBODY = participants()
PATHS = paths()
RESULTS = judge(EVERYBODY, PATHS)
BY_ID = {who.id: who for who in EVERYBODY}


def test_there_is_enough_of_everybody() -> None:
    groups = Counter(who.group for who in EVERYBODY)
    assert groups.total() >= 150
    assert min(groups["browser"], groups["phone"]) >= 50
    assert min(groups["app"], groups["room-system"], groups["recorder"]) >= 10


def test_every_history_is_whole_and_says_what_must_be_done_in_every_state() -> None:
    assert len({who.id for who in EVERYBODY}) == len(EVERYBODY)
    for who in EVERYBODY:
        assert len(who.must) == len(PATHS[who.path]), who.id
    assert {who.path for who in EVERYBODY} == PATHS.keys()


def test_no_phone_or_recorder_is_ever_let_in_as_a_person() -> None:
    assert [result.who.id for result in let_in(RESULTS)] == []


def test_nobody_else_is_ever_put_out() -> None:
    assert [result.who.id for result in put_out(RESULTS)] == []


def test_few_are_left_to_the_officer_and_none_of_the_ordinary() -> None:
    unsure = [result for result in RESULTS if result.unsure]
    assert len(unsure) <= len(RESULTS) / 10
    assert [result.who.id for result in unsure if result.who.group in ("browser", "app", "phone", "recorder")] == []


def test_every_state_of_every_history_is_answered_as_it_must_be() -> None:
    assert [(result.who.id, result.surface, result.did) for result in RESULTS if not result.right] == []


@pytest.mark.parametrize("who", [who for who in EVERYBODY if who.door is not None], ids=lambda who: who.id)
def test_who_is_known_at_the_door_does_not_come_in(who: Participant) -> None:
    assert turned_away(who) is (who.door_must == "out")


@pytest.mark.parametrize("order", [SURFACES, SURFACES[::-1]])
def test_both_surfaces_telling_of_one_leg_agree_in_the_end(order: tuple[str, str]) -> None:
    """An event sink may tell of a leg first, and guess from its bandwidth; the roster then knows better."""
    for who in EVERYBODY:
        if who.surfaces != SURFACES or who.our_room:
            continue
        alone = [result.kind for result in RESULTS if result.who is who]
        by_surface = zip(*(told(who, PATHS[who.path], surface) for surface in order), strict=True)
        sightings = [
            (i.Source.HINT if surface == "platform" else i.Source.STREAM, seen)
            for both in by_surface
            for surface, seen in zip(order, both, strict=True)
        ]
        assert [lived(who, "both", sightings).kind] * 2 == alone, who.id


def test_a_phone_that_an_event_sink_took_for_a_room_system_is_put_out_once_the_roster_shows_it() -> None:
    phone = BY_ID["phone-that-walks-straight-in"]
    (wide,) = told(replace(phone, kbps=512), PATHS[phone.path], "platform")
    (seen,) = told(phone, PATHS[phone.path], "client")
    story = secure().when(i.LegSeen(i.Order(0, 0), i.Source.HINT, wide.named("ref")))
    assert story.dark() == {"unsure:leg"}
    assert story.seen(seen).one(c.DisconnectLeg) == c.DisconnectLeg("leg")
    assert story.session.legs["leg"].kind is Kind.PHONE
