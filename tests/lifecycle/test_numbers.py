"""Telephone numbers: known by their shape, and hidden wherever they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmrd.lifecycle.numbers import is_number, is_withheld, masked, masked_name, same_address


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("+441632960123", True),
        ("sip:07700900123@gw.example.org;user=phone", True),
        ("(01632) 960-123", True),
        ("1234", False),
        ("123456789012345678901", False),
        ("000000000", False),
        ("ada.byron@example.org", False),
        ("room7@example.org", False),
        ("", False),
        ("sip:%2B441632960123@sbc.example.org", True),
        ('"ACME" <sip:+441632960123@sbc.example.org;user=phone>', True),
        ("01632/960123", True),
        ("901632960123", True),
        ("12025550143", True),
        ("\uff0b\uff14\uff14\uff11\uff16\uff13\uff12\uff19\uff16\uff10\uff11\uff12\uff13", True),
        ("203.0.113.240", False),
        ("203.0.113.240:1720", False),
    ],
)
def test_a_number_is_known_by_its_shape(address: str, number: bool) -> None:
    assert is_number(address) is number


@pytest.mark.parametrize(
    ("shown", "stored"),
    [
        ("+44 1632 960123", "number ending 123"),
        ("sip:+441632960123@sbc.example.org", "number ending 123"),
        ("tel:07700900123", "number ending 123"),
        ("07700 900123 ", "number ending 123"),
        ("1234", "1234"),
        ("Ada Byron", "Ada Byron"),
        ("Ada 07700900123", "Ada 07700900123"),
        ("42@192.0.2.250", "42@192.0.2.250"),
        ("", ""),
    ],
)
def test_a_telephone_number_is_masked_and_nothing_else_is(shown: str, stored: str) -> None:
    assert masked(shown) == stored


@given(st.text(max_size=40))
def test_masking_leaves_no_telephone_number_and_never_fails(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@given(st.from_regex(r"\+?44[17][0-9]{9}", fullmatch=True), st.sampled_from(["{}", "tel:{}", "sip:{}@sbc.example.org"]))
def test_whatever_shape_a_number_comes_in_its_first_digits_are_hidden(number: str, shape: str) -> None:
    assert number[:-3] not in masked(shape.format(number))


@pytest.mark.parametrize(
    ("shown", "stored"),
    [
        ("ACME LTD 01632960123", "ACME LTD number ending 123"),
        ("Ada (07700 900123)", "Ada number ending 123)"),
        ("07700 900123 and 07700 900456", "number ending 123 and number ending 456"),
        ("+44 1632\u2013960\u2013123", "number ending 123"),
        ("Room 203.0.113.240", "Room 203.0.113.240"),
        ("Room 1234", "Room 1234"),
        ("Ada Byron", "Ada Byron"),
    ],
)
def test_a_number_inside_a_name_is_hidden_and_the_name_is_kept(shown: str, stored: str) -> None:
    assert masked_name(shown) == stored


@given(st.text(max_size=20), st.from_regex(r"\+?44[17][0-9]{9}", fullmatch=True), st.text(max_size=20))
def test_no_name_keeps_a_number(before: str, number: str, after: str) -> None:
    hidden = masked_name(f"{before} {number} {after}")
    assert number.lstrip("+") not in hidden
    assert masked_name(hidden) == hidden


@pytest.mark.parametrize(
    "address", ["sip:anonymous@anonymous.invalid", "Restricted@gw", "<sip:Withheld@sbc>", "private"]
)
def test_a_withheld_number_says_so(address: str) -> None:
    assert is_withheld(address)


@pytest.mark.parametrize("address", ["", "sip:ada@firm.example.org", "sip:unknowable@firm.example.org"])
def test_what_is_no_withheld_number(address: str) -> None:
    assert not is_withheld(address)


def test_scheme_and_case_make_no_other_address() -> None:
    assert same_address("SIP:Room1@mdi.example.org ", "room1@MDI.example.org")
    assert not same_address("room1@mdi.example.org", "room2@mdi.example.org")
