"""An SDP answer to a web client's offer: sound enough for a browser to accept, and leading to nothing.

Each medium of the offer is answered in its place: the same codecs, the opposite direction, no candidates. So a client
gets as far as looking for a path to the media, and finds none.
"""

import hashlib

from pexip_mock.refusal import Refusal

BAD_OFFER = "Invalid SDP"
KEPT = ("mid", "rtpmap", "rtcp-fb", "fmtp", "rtcp-mux", "rtcp-rsize", "sctp-port", "max-message-size", "content")
MID_EXTENSION = "urn:ietf:params:rtp-hdrext:sdes:mid"
FACING = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


def answer_to(offer: str, participant: str, *, video: bool = True) -> str:
    """The answer to a participant's offer; without `video` every picture is turned down. Raises Refusal 400."""
    head, media = _sections(offer)
    if not head or not head[0].startswith("v=0") or not media:
        raise Refusal(400, BAD_OFFER)
    taken = [video or not section[0].startswith("m=video ") for section in media]
    answers = [
        _taken(section, participant) if take else _refused(section) for section, take in zip(media, taken, strict=True)
    ]
    lines = ["v=0", f"o=- {_number(participant)} 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    bundled = _value(head, "group:BUNDLE ")
    if bundled is not None:
        kept = {_value(section, "mid:") for section, take in zip(media, taken, strict=True) if take}
        lines.append("a=group:BUNDLE " + " ".join(mid for mid in bundled.split() if mid in kept))
    return "\r\n".join([*lines, *(line for section in answers for line in section)]) + "\r\n"


def offers_picture(offer: str) -> bool:
    """Whether an offer has a picture other than a presentation."""
    return any(
        section[0].startswith("m=video ") and _value(section, "content:") != "slides" for section in _sections(offer)[1]
    )


def _taken(section: list[str], participant: str) -> list[str]:
    kind, _, rest = section[0].partition(" ")
    _port, _, formats = rest.partition(" ")
    secret = hashlib.sha256(participant.encode()).hexdigest()
    lines = [
        f"{kind} 9 {formats}",
        "c=IN IP4 0.0.0.0",
        f"a=ice-ufrag:{secret[:8]}",
        f"a=ice-pwd:{secret[8:40]}",
        "a=fingerprint:sha-256 " + ":".join(secret[at : at + 2] for at in range(0, 64, 2)).upper(),
        "a=setup:active" if _value(section, "setup:") == "passive" else "a=setup:passive",
    ]
    for line in section[1:]:
        attribute, _, value = line.removeprefix("a=").partition(":")
        if attribute in FACING:
            lines.append(f"a={FACING[attribute]}")
        elif attribute in KEPT or (attribute == "extmap" and value.endswith(MID_EXTENSION)):
            lines.append(line)
    return lines


def _refused(section: list[str]) -> list[str]:
    kind, _, rest = section[0].partition(" ")
    _port, _, formats = rest.partition(" ")
    mid = _value(section, "mid:")
    return [f"{kind} 0 {formats}", "c=IN IP4 0.0.0.0", *([f"a=mid:{mid}"] if mid is not None else []), "a=inactive"]


def _sections(offer: str) -> tuple[list[str], list[list[str]]]:
    head: list[str] = []
    media: list[list[str]] = []
    for line in offer.splitlines():
        if line.startswith("m="):
            if len(line.split()) < 4:
                raise Refusal(400, BAD_OFFER)
            media.append([line])
        elif line.strip():
            (media[-1] if media else head).append(line.strip())
    return head, media


def _value(lines: list[str], attribute: str) -> str | None:
    found = [line for line in lines if line.startswith(f"a={attribute}")]
    return found[0].removeprefix(f"a={attribute}").strip() if found else None


def _number(participant: str) -> int:
    return int(hashlib.sha256(participant.encode()).hexdigest()[:15], 16)
