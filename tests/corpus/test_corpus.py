"""The corpus itself: enough of everybody, and nothing in it that labels nothing."""

from __future__ import annotations

from collections import Counter

from tests.corpus.histories import participants, paths

EVERYBODY = participants()
PATHS = paths()


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
