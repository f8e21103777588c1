"""External policy: what Pexip asks before it lets a call in, and what it can be answered (facts 5).

Only what is judged is read of a question; the rest, names of people among it, stays an undecoded text. Answers are made
once and sent again: a question costs a look into a dict, not a document.

| we mean                        | we say                                                                            |
|--------------------------------|-----------------------------------------------------------------------------------|
| that is not ours to judge      | 404: "use your own default"                                                       |
| let it come                    | `action: continue`: the platform's own database, then its PIN screen               |
| let it come, and lock the room | the whole service with `locked: true`; consistent with the vmr as we made it      |
| not this alias for this caller | `action: reject` without a result, which would otherwise be taken at its word      |
| not this caller                | `action: reject` and `result.reject`: sources disagree which of the two is read    |
| let them come under a name     | `remote_display_name` and `remote_alias`, which a browser fills with the same text |
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

import orjson

from vmrd.lifecycle.door import Caller
from vmrd.pexip import words
from vmrd.pexip.vmr import VmrSpec
from vmrd.pexip.wire import AUDIO_KBPS

CONTINUE = orjson.dumps({"status": "success", "action": "continue"})
NO_SUCH_SERVICE = orjson.dumps({"status": "success", "action": "reject"})
LONGEST = 250
"""Signs a text in an answer has at most; one that is longer voids the whole answer."""
_BITS_NOT_KBITS = 16_384
"""A bandwidth from here on is told in bits: no call has so many kilobits."""
_SCHEME = re.compile(r"^(?:sips?|h323|https?):", re.IGNORECASE)
_BRACKETED = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. `local`: what was dialled, before and after the @, in small letters. `calls_in`: somebody calls."""

    local: str
    domain: str
    calls_in: bool
    caller: Caller = field(repr=False)
    name: str = field(repr=False)


def read_ask(query: str) -> Ask:
    """The question in a raw query string; whatever is missing or odd is empty."""
    raw = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)

    def text(key: str) -> str:
        value = raw.get(key, "")
        return unquote_plus(value) if "%" in value or "+" in value else value

    local, _, domain = _SCHEME.sub("", text("local_alias")).lower().partition("@")
    asserted = text("p_Asserted-Identity")
    return Ask(
        local=local,
        domain=domain.split(";", 1)[0].split(":", 1)[0],
        calls_in=raw.get("call_direction", "dial_in") == "dial_in",
        caller=Caller(
            protocol=words.protocol(text("protocol"), has_media=False),
            address=text("remote_alias"),
            asserted=_identities(asserted) if asserted else (),
            video=_kbps(text("bandwidth")) > AUDIO_KBPS,
        ),
        name=text("remote_display_name"),
    )


def turned_away(sentence: str) -> bytes:
    """Not this caller; `sentence` is shown to them where the platform shows any."""
    result = {"reject": True, "reject_reason": sentence[:LONGEST]}
    return orjson.dumps({"status": "success", "action": "reject", "result": result})


def shown_as(name: str) -> bytes:
    """Let them come, under this name for everybody."""
    result = {"remote_display_name": name[:LONGEST], "remote_alias": name[:LONGEST]}
    return orjson.dumps({"status": "success", "action": "continue", "result": result})


def born_locked(spec: VmrSpec) -> bytes:
    """The vmr as we made it, its conference locked from its first moment; says nothing to one that runs."""
    settings = {name: value for name, value in spec.settings().items() if value not in (None, "")}
    service = {"name": spec.name, "service_type": "conference", "service_tag": spec.tag, "locked": True, **settings}
    return orjson.dumps({"status": "success", "action": "continue", "result": service})


def _identities(header: str) -> tuple[str, ...]:
    """The addresses in P-Asserted-Identity: a JSON list of headers, or one as it came."""
    try:
        listed = orjson.loads(header)
    except orjson.JSONDecodeError:
        listed = [header]
    texts = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else [str(listed)]
    return tuple(address.strip() for each in texts for address in _BRACKETED.findall(each) or [each])


def _kbps(text: str) -> int:
    given = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    return given if given < _BITS_NOT_KBITS else given // 1_000
