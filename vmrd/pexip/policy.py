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
from functools import lru_cache
from urllib.parse import unquote_plus

import orjson

from vmrd.lifecycle.door import Caller
from vmrd.lifecycle.inputs import Protocol
from vmrd.pexip import words
from vmrd.pexip.vmr import VmrSpec
from vmrd.pexip.wire import AUDIO_KBPS

CONTINUE = orjson.dumps({"status": "success", "action": "continue"})
NO_SUCH_SERVICE = orjson.dumps({"status": "success", "action": "reject"})
LONGEST = 250
"""Signs a text in an answer has at most; one that is longer voids the whole answer."""
_BITS_NOT_KBITS = 16_384
"""A bandwidth from here on is told in bits: no call has so many kilobits."""
_WEB = {"webrtc": Caller(Protocol.WEB, ""), "api": Caller(Protocol.CONTROL, "")}
"""Of a web client nothing else is judged."""
_SCHEME = re.compile(r"^(?:sips?|h323|https?):", re.IGNORECASE)
_BRACKETED = re.compile(r"<([^<>]*)>")


@dataclass(slots=True)
class Ask:
    """One question. `local`: what was dialled, before and after the @, in small letters. `calls_in`: somebody calls."""

    local: str
    domain: str
    calls_in: bool
    caller: Caller = field(repr=False)
    query: str = field(repr=False)

    @property
    def name(self) -> str:
        """What they call themselves."""
        return _text(self.query, "&remote_display_name=")


def read_ask(query: str) -> Ask:
    """The question in a raw query string; whatever is missing or odd is empty.

    A question has thirty parts, and taking all of them apart costs more than to judge it.
    """
    query = f"&{query}"
    word = query.partition("&protocol=")[2].partition("&")[0]
    direction = query.partition("&call_direction=")[2].partition("&")[0]
    local, domain = _dialled(query.partition("&local_alias=")[2].partition("&")[0])
    return Ask(local, domain, direction in ("dial_in", ""), _WEB.get(word) or _caller(word, query), query)


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


def _text(query: str, key: str) -> str:
    return unquote_plus(query.partition(key)[2].partition("&")[0])


@lru_cache(4096)
def _dialled(raw: str) -> tuple[str, str]:
    local, _, domain = _SCHEME.sub("", unquote_plus(raw).strip()).lower().partition("@")
    return local, domain.split(";", 1)[0].split(":", 1)[0]


def _caller(word: str, query: str) -> Caller:
    asserted = _text(query, "&p_Asserted-Identity=")
    return Caller(
        protocol=words.protocol(unquote_plus(word), has_media=False),
        address=_text(query, "&remote_alias="),
        asserted=_identities(asserted) if asserted else (),
        video=_kbps(_text(query, "&bandwidth=")) > AUDIO_KBPS,
    )


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
