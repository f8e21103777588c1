"""Telephone numbers in addresses and names: which address is one, and how one is hidden.

Gateways send a number in many shapes: with a scheme, parameters, escapes and angle brackets, with a plus, two zeros or
nothing, with the prefix for an outside line, in any digits Unicode has. A name is only ever hidden, never judged by it.
"""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

_FEWEST_DIGITS = 9
"""Shorter digit strings are room extensions; a caller reached through the public network shows more."""
_FEWEST_WITH_COUNTRY = 10
_SCHEME = re.compile(r"^(?:sips?|h323|tel):", re.IGNORECASE)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_BRACKETED = re.compile(r"<([^<>]*)>")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?")
_BETWEEN = r"[\s().\-/\u2010-\u2015]"
"""What people and gateways write between the digits of a number."""
_RUN = re.compile(rf"[+\uff0b]?\(?\d(?:{_BETWEEN}*\d){{{_FEWEST_DIGITS - 1},}}")
_WITHHELD = frozenset({"anonymous", "restricted", "unavailable", "withheld", "private", "blocked", "unknown"})


def is_number(address: str) -> bool:
    """Whether the user part of an address is a telephone number, in any of the shapes gateways send."""
    user = user_part(address)
    if _IPV4.fullmatch(user):  # a room system that was never given a name
        return False
    user = re.sub(_BETWEEN, "", user)
    if not re.fullmatch(r"\+?\d+", user) or len(user.lstrip("+")) < _FEWEST_DIGITS:
        return False
    return any(_possible(reading) for reading in _readings(user))


def is_withheld(address: str) -> bool:
    """Whether an address is what a gateway sends in place of a number that its caller withholds."""
    return user_part(address).lower() in _WITHHELD


def user_part(address: str) -> str:
    """Who calls: an address without its name, brackets, scheme, host and parameters."""
    text = _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), address)
    text = unicodedata.normalize("NFKC", text).strip()
    bracketed = _BRACKETED.search(text)
    text = _SCHEME.sub("", bracketed[1] if bracketed else text)
    return text.split("@")[0].split(";")[0].strip()


def same_address(one: str, other: str) -> bool:
    """Whether two addresses call the same; scheme and case do not matter."""
    return _SCHEME.sub("", one.strip()).lower() == _SCHEME.sub("", other.strip()).lower()


def masked(text: str) -> str:
    """A telephone number with all but its last three digits hidden; other texts unchanged.

    All participants can see a caller's number (guidance, step 2); vmrd at least does not show or keep it.
    """
    numberish = re.fullmatch(
        rf"(?:sips?:|tel:|h323:)?(?:{_BETWEEN}|[\d+\uff0b])+(?:[@;].*)?", text.strip(), re.IGNORECASE
    )
    digits = re.sub(r"\D", "", re.split("[@;]", text)[0])
    return _hidden(digits) if numberish is not None and len(digits) >= _FEWEST_DIGITS else text


def masked_name(name: str) -> str:
    """What somebody is called, with every telephone number in it hidden: gateways write "ACME 01632 960123"."""

    def hide(run: re.Match[str]) -> str:
        return run[0] if _IPV4.fullmatch(run[0]) else _hidden(re.sub(r"\D", "", run[0]))

    return _RUN.sub(hide, masked(name))


def _hidden(digits: str) -> str:
    return f"number ending {digits[-3:]}"


def _readings(user: str) -> list[str]:
    """The numbers this may be: as written, with its country but no plus, and behind a 9 for an outside line."""
    if user.startswith("00"):
        return [user.replace("00", "+", 1)]
    readings = [user]
    if not user.startswith(("+", "0")) and len(user) >= _FEWEST_WITH_COUNTRY:
        readings.append(f"+{user}")
    if user.startswith("90"):
        readings.append(user[1:])
    return readings


def _possible(reading: str) -> bool:
    try:
        number = phonenumbers.parse(reading, "GB")
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number(number))
