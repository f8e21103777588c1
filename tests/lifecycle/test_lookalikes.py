"""Names that are the same, look the same, or are odd by themselves; and names that are nothing of the kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.histories import participants
from vmrd.lifecycle.lookalikes import look, odd

CORPUS = participants()


def looks_like(one: str, other: str) -> bool:
    return look(one).like(look(other))


def same(one: str, other: str) -> bool:
    return look(one).same(look(other))


@pytest.mark.parametrize("who", [who for who in CORPUS if who.skeleton_of], ids=lambda who: who.id)
def test_a_name_of_the_corpus_that_looks_like_anothers_is_found(who: object) -> None:
    name, other = who.display_name, who.skeleton_of  # type: ignore[attr-defined]
    assert looks_like(name, other) or same(name, other)


def test_nobody_else_of_the_corpus_looks_like_anybody_expected() -> None:
    for who in CORPUS:
        if who.skeleton_of is None:
            assert not looks_like(who.display_name, "Ada Byron"), who.id
            assert not looks_like(who.display_name, "Jo Marsh"), who.id


@pytest.mark.parametrize(
    ("one", "other"),
    [("ADA  byron", "Ada Byron"), ("José García", "Jose Garcia"), ("Liam O’Brien", "liam obrien"), (" Ada ", "Ada")],
)
def test_how_people_write_themselves_makes_no_other_name(one: str, other: str) -> None:
    assert same(one, other)
    assert not looks_like(one, other)


@pytest.mark.parametrize("name", ["Ada Byrоn", "Αda", "Ａｄａ", "𝐀𝐝𝐚", "Ada\u200b", "\u202eadA", "ﬁona"])
def test_letters_of_several_alphabets_and_unseen_signs_are_odd(name: str) -> None:
    assert odd(name)


@pytest.mark.parametrize(
    "name",
    ["", "1234", "Ada", "José", "Анна Козлова", "Μαρία", "林武", "Anna Анна", "🙂", "👩‍⚖️", "ナタリー", "ᏗᏓ", "Łukasz"],
)
def test_a_name_in_its_own_letters_is_not_odd(name: str) -> None:
    assert not odd(name)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_names_can_be_compared_either_way_round(one: str, other: str) -> None:
    assert looks_like(one, other) == looks_like(other, one)
    assert same(one, one)
    assert not looks_like(one, one)
    odd(one)
