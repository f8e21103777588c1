"""Whose name a typed name looks like: a suggestion, so none rather than a wrong one."""

import pytest

from vmrd.lifecycle.matching import Names, whose_own_name

PEOPLE = {"p1": "Bernadette O'Connor", "p2": "José Álvarez", "p3": "Lin Wu"}


@pytest.mark.parametrize(
    ("typed", "whose"),
    [
        ("Bernadette O'Connor", "p1"),
        ("bernadette oconnor", "p1"),
        ("O’Connor, B.", "p1"),
        ("Ms B O'Connor KC", "p1"),
        ("jose alvarez", "p2"),
        ("Alvarez", "p2"),
        ("WU Lin", "p3"),
        ("Lin", "p3"),
        ("Lin Wong", None),
        ("B", None),
        ("Mallory", None),
        ("", None),
        ("\u0000\u202e!?", None),
    ],
)
def test_a_typed_name_points_to_one_person_or_none(typed: str, whose: str | None) -> None:
    assert Names(PEOPLE).like(typed) == whose


def test_two_people_who_fit_equally_are_not_guessed_between() -> None:
    assert Names({"a": "Ann Smith", "b": "Bob Smith"}).like("Smith") is None
    assert Names({"a": "Ann Smith", "b": "Bob Smith"}).like("A Smith") == "a"


def test_initials_alone_are_nobody() -> None:
    assert Names({"a": "Bernadette O'Connor"}).like("B O") is None


@pytest.mark.parametrize(
    ("typed", "whose"),
    [
        ("Wilma Itness", "w"),
        ("itness, WILMA (home)", "w"),
        ("W Itness", "w"),
        ("Witness A", None),
        ("Wilma", None),  # part of a name is too little to take somebody for a protected person
        ("Walter Itness", None),
        ("J Itness", None),
        ("", None),
    ],
)
def test_a_name_kept_secret_is_known_when_its_owner_types_it(typed: str, whose: str | None) -> None:
    assert whose_own_name(typed, {"w": "Wilma Itness"}, {"p": "Jo Itness", "q": "Witness B"}) == whose
