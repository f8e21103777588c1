"""Which answer means what."""

import json
from typing import Any

import pytest

from tests.pexip.samples import NOT_FOUND, PIN_CHALLENGE, envelope
from vmrd.pexip import refusals
from vmrd.pexip.errors import BadToken, Busy, Gone, NotYet, PexipError, Rejected, Unreachable
from vmrd.pexip.http import Answer


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, raw, {name.replace("_", "-"): value for name, value in headers.items()})


def brief(error: PexipError) -> object:
    """What a caller can tell by."""
    match error:
        case Rejected(code=code):
            return code
        case Busy(retry_after=seconds):
            return Busy, seconds
        case Unreachable(sent=sent):
            return Unreachable, sent
        case _:
            return type(error)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (answer(400, {"lock": {"conference_id": ["Failed to find conference."]}}), Gone),
        (answer(400, {"unlock": {"participant_id": ["Failed to find participant."]}}), Gone),
        (answer(404, b""), Gone),
        (answer(400, {"conference": {"name": ["Conference with this Name already exists."]}}), "already-exists"),
        (answer(400, {"conference": {"aliases": [{"alias": ["... already exists."]}]}}), "already-exists"),
        (answer(400, {"conference": {"__all__": ["Host and Guest PINs must be different."]}}), "invalid"),
        (answer(400, {"error": "Invalid resource lookup data provided."}), "invalid"),
        (answer(302, b"", location="/accounts/login/"), "sign-in-refused"),
        (answer(401, b""), "sign-in-refused"),
        (answer(403, b""), "forbidden"),
        (answer(405, b""), "other"),
        (answer(429, b"", retry_after="7"), (Busy, 7.0)),
        (answer(429, b"", retry_after="Sat, 21 Nov 2026 09:00:00 GMT"), (Busy, None)),
        (answer(503, b""), (Busy, None)),
        (answer(500, b""), (Unreachable, True)),
        (answer(502, b"<html>"), (Unreachable, True)),
    ],
)
def test_management_answers(given: Answer, meant: object) -> None:
    assert brief(refusals.of_management(given)) == meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (answer(403, envelope("Invalid token")), BadToken),
        (answer(403, envelope("Invalid token", "failed")), BadToken),
        (answer(403, envelope("Invalid role")), NotYet),
        (answer(403, envelope("Participant not found", "failed")), Gone),
        (answer(403, envelope("Not authenticated")), "forbidden"),
        (answer(404, envelope("Participant not found", "failed")), Gone),
        (answer(404, b"no such page"), Gone),
        (answer(400, envelope("Illegal value", "failed")), "invalid"),
        (answer(415, envelope("Unsupported", "failed")), "invalid"),
        (answer(503, envelope("System in maintenance mode", "failed")), (Busy, None)),
        (answer(529, envelope("Out of resource", "failed")), (Busy, None)),
        (answer(504, envelope("Out of resource", "failed")), (Unreachable, True)),
        (answer(302, b""), "other"),
    ],
)
def test_client_answers(given: Answer, meant: object) -> None:
    assert brief(refusals.of_client(given)) == meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (answer(404, NOT_FOUND), NotYet),
        (answer(404, envelope("Neither conference nor gateway found")), NotYet),
        (answer(404, b"<html>nothing here</html>"), "no-such-service"),
        (answer(403, PIN_CHALLENGE), "pin-required"),
        (answer(403, envelope({"pin": "none", "guest_pin": "required", "version": {}})), "pin-required"),
        (answer(403, envelope({"idp": [], "version": {}})), "sign-in-required"),
        (answer(403, envelope({"redirect_url": "https://idp.example.org"})), "sign-in-required"),
        (answer(403, envelope("Invalid PIN")), "wrong-pin"),
        (answer(403, envelope("Participant limit reached")), "full"),
        (answer(403, envelope("Insufficient licenses")), "no-licence"),
        (answer(403, envelope("Invalid license")), "no-licence"),
        (answer(503, envelope("Maintenance mode", "failed")), (Busy, None)),
    ],
)
def test_answers_to_a_token_request(given: Answer, meant: object) -> None:
    assert brief(refusals.of_token_request(given)) == meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (answer(202, {"status": "failure", "message": "Call failed"}), "declined"),
        (answer(202, {"status": "error", "message": "Failed to find conference."}), Gone),
    ],
)
def test_a_command_taken_in_may_yet_have_failed(given: Answer, meant: object) -> None:
    failure = refusals.failed_command(given)
    assert failure is not None
    assert brief(failure) == meant


@pytest.mark.parametrize("body", [{"status": "success", "data": None}, b"", b"not json", [1]])
def test_a_command_that_did_not_say_it_failed_did_not(body: Any) -> None:
    assert refusals.failed_command(answer(202, body)) is None
