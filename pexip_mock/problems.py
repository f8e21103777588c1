"""What the control API says when it cannot do what was asked: `application/problem+json`, all faults of a body at once.

| type | when |
|---|---|
| `/mock/problems/wrong-body` | 400: keys missing, unknown, or meaningless values; `errors`: pointer and remedy |
| `/mock/problems/refused` | what the platform itself answers, say to somebody who dials; `refused`: its own sentence |

Nothing that was written is repeated: a body may hold a PIN.
"""

import json

from aiohttp import web

from pexip_mock.front import OWN, Handler
from pexip_mock.given import BadInput, Given, Wrong
from pexip_mock.refusal import FieldErrors, PinChallenge, Refusal
from pexip_mock.wire import Json

CONTENT_TYPE = "application/problem+json"


async def given_of(request: web.Request) -> Given:
    """The request's JSON object, to be read and checked; an empty body is an empty object. Raises BadInput."""
    raw = await request.read()
    try:
        return Given(json.loads(raw) if raw.strip() else {})
    except ValueError:
        raise BadInput([Wrong("", "the body is no JSON: send one object of keys and values")]) from None


def only(given: Given) -> None:
    """Raise BadInput for what was wrong with what was read, and for keys nobody read."""
    given.close()
    given.check()


@web.middleware
async def control_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What the control API refuses, in words; the vendor's own paths pass untouched."""
    if not request.path.startswith(OWN):
        return await handler(request)
    try:
        return await handler(request)
    except BadInput as bad:
        errors = [{"pointer": fault.at, "detail": fault.sentence} for fault in bad.faults]
        told = "; ".join(f"{fault.at or 'the body'} {fault.sentence}" for fault in bad.faults)
        return _problem(400, "wrong-body", "The body is not right", told, {"errors": errors})
    except Refusal as refusal:
        return _refused(refusal)


def _refused(refusal: Refusal) -> web.Response:
    more: Json = {}
    match refusal.result:
        case PinChallenge(_, guest_pin):
            sentence = "A PIN is required"
            more = {"pinRequired": True, "guestsNeedNone": guest_pin == "none"}
        case FieldErrors(_, faults):
            sentence = "; ".join(f"{field}: {words}" for field, words in faults)
        case str() as words:
            sentence = words
    return _problem(refusal.status, "refused", "Refused", sentence, {"refused": sentence} | more)


def _problem(status: int, name: str, title: str, detail: str, more: Json) -> web.Response:
    body = {"type": f"/mock/problems/{name}", "title": title, "status": status, "detail": detail} | more
    return web.Response(text=json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)
