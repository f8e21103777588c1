"""What kind of participant is this?

| seen                                                             | kind        | settled                    |
|------------------------------------------------------------------|-------------|----------------------------|
| one of our call tags and no media                                | own         | at once                    |
| streaming flag or streaming protocol                             | recorder    | at once                    |
| telephone address (`tel:`), or audio-only SIP/H.323 from a number | phone      | at once                    |
| web, vendor names an app                                         | app         | with media, or when held   |
| web                                                              | browser     | with media, or when held   |
| Skype                                                            | skype       | with media, or when held   |
| SIP or H.323 with video                                          | room-system | at once                    |
| anything else                                                    | unsure      | never: the officer decides |

A web user begins as an entry without media, so a class stays provisional until media or the waiting room settles it;
only an address or number shape convicts at once. A person may be *called* "1234" or type a phone number as a name: the
name never convicts. An audio-only web leg is a person who cannot be checked, never a phone. A leg that shows one of our
tags but sends media is not ours, because call tags are chosen by the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from vmrd.lifecycle.inputs import Protocol, Sighting
from vmrd.lifecycle.words import Kind, Where

_FEWEST_DIGITS = 9
"""Shorter digit strings are room extensions; a caller reached through the public network shows more."""
_APP_VENDORS = re.compile(r"pexip|infinity connect|my ?meeting|android|iphone|ipad", re.IGNORECASE)
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_BROWSERS = re.compile(r"mozilla|chrome|firefox|safari|edg", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Class:
    """`settled` is False while a later sighting may still change the kind."""

    kind: Kind
    settled: bool


def classify(seen: Sighting, own_tags: tuple[str, ...]) -> Class:
    """The kind of participant this sighting shows; see the table above."""
    if seen.call_tag and seen.call_tag in own_tags and not seen.has_media:
        return Class(Kind.OWN, True)
    if seen.streaming or seen.protocol is Protocol.STREAMING:
        return Class(Kind.RECORDER, True)
    here = seen.has_media or seen.where is Where.WAITING
    match seen.protocol:
        case Protocol.WEB | Protocol.CONTROL:
            return Class(_web(seen.vendor), here)
        case Protocol.SKYPE:
            return Class(Kind.SKYPE, here)
        case Protocol.SIP | Protocol.H323:
            if seen.address.lower().startswith("tel:"):
                return Class(Kind.PHONE, True)
            if seen.has_video:
                return Class(Kind.ROOM_SYSTEM, True)
            if seen.audio_only and is_number(seen.address):
                return Class(Kind.PHONE, True)
            return Class(Kind.UNSURE, False)
        case Protocol.GATEWAY | Protocol.UNKNOWN:
            if seen.audio_only and is_number(seen.address):
                return Class(Kind.PHONE, True)
            return Class(Kind.UNSURE, False)


def is_number(address: str) -> bool:
    """Whether the user part of an address is a telephone number, in any of the shapes gateways send."""
    user = re.sub(r"^(sips?|h323|tel):", "", address.strip(), flags=re.IGNORECASE).split("@")[0].split(";")[0]
    if _IPV4.fullmatch(user):  # a room system that was never given a name
        return False
    user = re.sub(r"[\s().-]", "", user)
    if not re.fullmatch(r"\+?\d+", user) or len(user.lstrip("+")) < _FEWEST_DIGITS:
        return False
    try:
        number = phonenumbers.parse(user.replace("00", "+", 1) if user.startswith("00") else user, "GB")
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number(number))


def masked(text: str) -> str:
    """A telephone number with all but its last three digits hidden; other texts unchanged.

    All participants can see a caller's number (guidance, step 2); vmrd at least does not show or keep it.
    """
    digits = re.sub(r"\D", "", text)
    numberish = re.fullmatch(r"(?:sips?:|tel:|h323:)?[\s\d().+-]+(?:[@;].*)?", text.strip(), flags=re.IGNORECASE)
    if numberish is None or len(digits) < _FEWEST_DIGITS:
        return text
    user = re.sub(r"\D", "", re.split("[@;]", text)[0])
    return f"number ending {user[-3:]}" if len(user) >= _FEWEST_DIGITS else text


def _web(vendor: str) -> Kind:
    if _APP_VENDORS.search(vendor) and not _BROWSERS.search(vendor):
        return Kind.APP
    return Kind.BROWSER
