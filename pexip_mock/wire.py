"""Reading requests and writing answers: the border at which JSON becomes typed."""

import base64
import json
from datetime import UTC, datetime

from aiohttp import web

from pexip_mock.refusal import ExtensionChallenge, FieldErrors, PinChallenge, Refusal

Json = dict[str, object]


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        text=json.dumps(body, ensure_ascii=False), status=status, content_type="application/json", headers=headers
    )


def answer_created(path: str) -> web.Response:
    """201 with an empty body: the id is in the Location alone."""
    return web.Response(status=201, headers={"Location": path}, content_type="application/json")


async def body_of(request: web.Request) -> Json:
    """The request's JSON object; an empty body is an empty object. Raises Refusal 400 for anything else."""
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
        if b"\\u" in raw:
            json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair could be read, but never be told on
    except ValueError:
        raise Refusal(400, "The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "The body is not a JSON object")
    return body


def text(body: Json, name: str, default: str = "") -> str:
    """A string field; absent or null gives the default. Raises Refusal 400."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise Refusal(400, FieldErrors("body", ((name, "Expected a string."),)))
    return value


def flag(body: Json, name: str, default: bool = False) -> bool:
    """A boolean field; absent or null gives the default. Raises Refusal 400."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise Refusal(400, FieldErrors("body", ((name, "Expected true or false."),)))
    return value


def number(body: Json, name: str, default: float) -> float:
    """A number field; absent or null gives the default. Raises Refusal 400."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(400, FieldErrors("body", ((name, "Expected a number."),)))
    return value


def basic_header(user: str, password: str) -> dict[str, str]:
    """The header of Basic authentication; none without a user."""
    if not user:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def moment(business: float | None) -> str | None:
    """An instant as the management API writes it: UTC, without a zone."""
    if business is None:
        return None
    return datetime.fromtimestamp(business, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def rfc3339(business: float | None) -> str | None:
    """An instant as the mock's own account writes it."""
    if business is None:
        return None
    return datetime.fromtimestamp(business, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def version_json(version_id: str, pseudo_version: str) -> Json:
    """The version object of the client API."""
    return {"version_id": version_id, "pseudo_version": pseudo_version}


def client_refusal(refusal: Refusal, version: Json, unknown_alias_envelope: str) -> web.Response:
    """A refusal in the client API's envelope, whose `status` word says little: `success` even on a 403."""
    result: object
    match refusal.result:
        case PinChallenge(pin, guest_pin):
            result = {"pin": pin, "guest_pin": guest_pin, "version": version}
        case ExtensionChallenge(kind):
            result = {"conference_extension": "required", "conference_extension_type": kind}
        case FieldErrors(_, faults):
            result = "; ".join(f"{field}: {sentence}" for field, sentence in faults)
        case str() as sentence:
            result = sentence
    if refusal.status == 403:
        word = "success"
    elif refusal.status == 404:
        word = unknown_alias_envelope
    else:
        word = "failed"
    return answer({"status": word, "result": result}, refusal.status)


def management_refusal(refusal: Refusal) -> web.Response:
    """A refusal as the management API words it: nested by resource and field, one plain error, or no body at all."""
    match refusal.result:
        case FieldErrors(resource, faults):
            fields: dict[str, list[str]] = {}
            for field, sentence in faults:
                fields.setdefault(field, []).append(sentence)
            return answer({resource: fields}, refusal.status)
        case PinChallenge():
            return answer({"error": "A PIN is required"}, refusal.status)
        case ExtensionChallenge():
            return answer({"error": "The number of a VMR is required"}, refusal.status)
        case "":
            return web.Response(status=refusal.status)
        case str() as sentence:  # what the vendor's framework itself chokes on has another key
            return answer({"error_message" if refusal.status == 415 else "error": sentence}, refusal.status)
