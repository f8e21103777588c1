"""What kind of participant is this?

| seen, the first that fits                                        | kind        | settled                    |
|------------------------------------------------------------------|-------------|----------------------------|
| streaming flag, protocol or address, or the make of a recorder   | recorder    | at once                    |
| web, one of our call tags and no media                           | own         | at once                    |
| web, vendor names an app                                         | app         | with media, or when held   |
| web                                                              | browser     | with media, or when held   |
| any other, and a telephone (below)                               | phone       | at once                    |
| Skype                                                            | skype       | with media, or when held   |
| SIP or H.323 with video                                          | room-system | at once                    |
| anything else                                                    | unsure      | never: the officer decides |

A telephone is known by its address: `tel:` at once, whatever else it shows. A leg that sends sound alone is one, too,
if its address is a number or says that the number is withheld, or if its make is that of a telephone or of the gateway
in front of one. If its make is that of a room system it may be one without its camera, and the officer is asked.

A web user begins as an entry without media, so a class stays provisional until media or the waiting room settles it;
only an address or a make convicts at once. A person may be *called* "1234" or type a phone number as a name: the name
never convicts. An audio-only web leg is a person who cannot be checked, never a phone. A leg that shows one of our tags
but sends media is not ours, because call tags are chosen by the caller. `python -m tests.corpus` shows how well this
tells people, rooms, phones and recorders apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vmrd.lifecycle.inputs import Protocol, Sighting
from vmrd.lifecycle.numbers import is_number, is_withheld
from vmrd.lifecycle.words import Kind, Where

_APP_VENDORS = re.compile(r"pexip|infinity connect|my ?meeting|android|iphone|ipad", re.IGNORECASE)
_BROWSERS = re.compile(r"mozilla|chrome|firefox|safari|edg", re.IGNORECASE)
_ROOM_MAKES = re.compile(
    r"tandberg|roomos|teams rooms|realpresence|life ?size|starleaf|huawei te|meetingeye|sony pcs"
    r"|cisco[-/ ](?:ce\b|telepresence|webex)|poly(?:com)? ?(?:hdx|group|studio|g7500|x\d0)|yealink vc",
    re.IGNORECASE,
)
_TELEPHONE_MAKES = re.compile(
    r"\bsbc\b|session border|gateway|mediation|mediant|ribbon|sonus|asterisk|freeswitch|\w*pbx|3cx"
    r"|vvx|soundpoint|soundstation|sip-[tw]\d|cisco-cp|grandstream|snom|gigaset|mitel|aastra",
    re.IGNORECASE,
)
_RECORDER_MAKES = re.compile(r"mediasite|panopto|vbrick|kaltura|rec\.vc|quickchannel|qumu", re.IGNORECASE)
_STREAM_ADDRESS = re.compile(r"^\s*rtmps?:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Class:
    """`settled` is False while a later sighting may still change the kind."""

    kind: Kind
    settled: bool


def classify(seen: Sighting, own_tags: tuple[str, ...]) -> Class:
    """The kind of participant this sighting shows; see the table above."""
    if seen.streaming or seen.protocol is Protocol.STREAMING or _RECORDER_MAKES.search(seen.vendor):
        return Class(Kind.RECORDER, True)
    here = seen.has_media or seen.where is Where.WAITING
    if seen.protocol in (Protocol.WEB, Protocol.CONTROL):
        if seen.call_tag and seen.call_tag in own_tags and not seen.has_media:
            return Class(Kind.OWN, True)
        return Class(_web(seen.vendor), here)
    if _STREAM_ADDRESS.match(seen.address):
        return Class(Kind.RECORDER, True)
    if _telephone(seen):
        return Class(Kind.PHONE, True)
    if seen.protocol is Protocol.SKYPE:
        return Class(Kind.SKYPE, here)
    if seen.protocol in (Protocol.SIP, Protocol.H323) and seen.has_video:
        return Class(Kind.ROOM_SYSTEM, True)
    return Class(Kind.UNSURE, False)


def from_a_number(addresses: Iterable[str], *, picture: bool) -> bool:
    """Whether a call comes from a telephone number: a `tel:` address always, any other unless it brings a picture.

    The one judgement of addresses, at the door (`door`) and in the meeting alike; no web client may be judged by it,
    because its address is what somebody typed as their name.
    """
    addresses = tuple(addresses)
    if any(address.lower().startswith("tel:") for address in addresses):
        return True
    return not picture and any(is_number(address) for address in addresses)


def _telephone(seen: Sighting) -> bool:
    alone = seen.audio_only and not _ROOM_MAKES.search(seen.vendor)
    if from_a_number((seen.address,), picture=not alone):
        return True
    return alone and (is_withheld(seen.address) or _TELEPHONE_MAKES.search(seen.vendor) is not None)


def _web(vendor: str) -> Kind:
    if _APP_VENDORS.search(vendor) and not _BROWSERS.search(vendor):
        return Kind.APP
    return Kind.BROWSER
