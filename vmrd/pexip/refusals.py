"""What an answer that is not a success means. Status and known sentences decide; the body itself goes no further.

The envelope's own `status` word is no guide: a 403 arrives as `success` (facts 2.1). A sentence is looked for anywhere
in the body, because the shape of an error differs between resources and releases (facts 1.3).

Codes of `Rejected`: `declined` (a plain no), `wrong-pin`, `pin-required`, `sign-in-required`, `full`, `no-licence`,
`no-such-service`, `already-exists`, `invalid`, `sign-in-refused`, `forbidden`, `other`; from `management` also
`settings-differ`.
"""

from __future__ import annotations

from pydantic_core import from_json

from vmrd.pexip.errors import BadToken, Busy, Gone, NotYet, PexipError, Rejected, Unreachable
from vmrd.pexip.http import Answer, retry_after

_CLIENT_SENTENCES = (
    ("invalid pin", "wrong-pin"),
    ("participant limit reached", "full"),
    ("insufficient licenses", "no-licence"),
    ("invalid license", "no-licence"),
)


def of_management(answer: Answer) -> PexipError:
    """The error that a management answer outside 2xx stands for; see also `failed_command`."""
    told = _sentences(answer.body)
    match answer.status:
        case 404:
            return Gone()
        case 400 if "failed to find" in told:
            return Gone()
        case 400 if "already exists" in told:
            return Rejected("already-exists", 400)
        case 400:
            return Rejected("invalid", 400)
        case 301 | 302 | 303 | 401:  # an expired session is sent to a sign-in page
            return Rejected("sign-in-refused", answer.status)
        case 403:
            return Rejected("forbidden", 403)
        case _:
            return _other(answer)


def failed_command(answer: Answer) -> PexipError | None:
    """A command may be answered 202 and yet say that it failed (facts 1.8); None when it did not."""
    body = _json(answer.body)
    if not isinstance(body, dict) or body.get("status") not in ("failure", "error", "failed"):
        return None
    return Gone() if "failed to find" in _sentences(answer.body) else Rejected("declined", answer.status)


def of_token_request(answer: Answer) -> PexipError:
    """The error that an answer to `request_token` stands for (facts 2.2)."""
    told = _sentences(answer.body)
    match answer.status:
        case 404 if "neither conference nor gateway found" in told:
            return NotYet()
        case 404:  # no envelope: a proxy, or no conferencing node at all
            return Rejected("no-such-service", 404)
        case 403 if is_pin_challenge(answer):
            return Rejected("pin-required", 403)
        case 403 if _has_key(answer, "idp", "redirect_url"):
            return Rejected("sign-in-required", 403)
        case _:
            return of_client(answer)


def of_client(answer: Answer) -> PexipError:
    """The error that an answer to a request with a control token stands for."""
    told = _sentences(answer.body)
    match answer.status:
        case 403 if "invalid token" in told:
            return BadToken()
        case 403 if "invalid role" in told:
            return NotYet()
        case 403 if "not found" in told:
            return Gone()
        case 403:
            codes = (code for sentence, code in _CLIENT_SENTENCES if sentence in told)
            return Rejected(next(codes, "forbidden"), 403)
        case 404:
            return Gone()
        case 400 | 415:
            return Rejected("invalid", answer.status)
        case _:
            return _other(answer)


def is_pin_challenge(answer: Answer) -> bool:
    """Whether Pexip asks for a PIN, which it does only where the alias is known."""
    return answer.status == 403 and _has_key(answer, "pin", "guest_pin")


def _other(answer: Answer) -> PexipError:
    if answer.status in (429, 503, 529):
        return Busy(retry_after(answer))
    if answer.status >= 500:  # the request was taken in, and nobody says what became of it
        return Unreachable(sent=True)
    return Rejected("other", answer.status)


def _has_key(answer: Answer, *keys: str) -> bool:
    body = _json(answer.body)
    result = body.get("result") if isinstance(body, dict) else None
    return isinstance(result, dict) and any(key in result for key in keys)


def _json(body: bytes) -> object:
    try:
        return from_json(body)
    except ValueError:
        return None


def _sentences(body: bytes) -> str:
    """Every string of the body in one, in lower case."""
    found: list[str] = []
    rest: list[object] = [_json(body)]
    while rest:
        match rest.pop():
            case str() as text:
                found.append(text.lower())
            case list() as items:
                rest.extend(items)
            case dict() as entries:
                rest.extend(entries.values())
            case _:
                pass
    return "\n".join(found)
