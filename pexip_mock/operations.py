"""The one table of what a request asks for, so that a fault or an account can name it on either surface."""

from enum import StrEnum


class Operation(StrEnum):
    """What is asked of the platform, whichever API asks.

    `RELOCK` is a later lock request of the same conference.

    `REFUSE` and `DISCONNECT` are one request: to hang up on one participant, who is held or not.
    """

    START_CONFERENCE = "start_conference"
    LOCK = "lock"
    RELOCK = "relock"
    UNLOCK = "unlock"
    ADMIT = "admit"
    REFUSE = "refuse"
    DISCONNECT = "disconnect"
    END = "end"
    DELETE = "delete"
    CREATE_VMR = "create_vmr"
    DIAL = "dial"
    REQUEST_TOKEN = "request_token"  # noqa: S105  # the name of a request
    REFRESH_TOKEN = "refresh_token"  # noqa: S105  # the name of a request
    RELEASE_TOKEN = "release_token"  # noqa: S105  # the name of a request
    STATUS = "status"
    EVENTS = "events"
    PARTICIPANTS = "participants"
    CONFERENCE_STATUS = "conference_status"
    SINK = "sink"
    OTHER = "other"
    ANY = "any"


CLIENT = "/api/client/v2"
CONFERENCE = CLIENT + "/conferences/{alias}"
PARTICIPANT = CONFERENCE + "/participants/{participant}"
CALL = PARTICIPANT + "/calls/{call}"
ADMIN = "/api/admin"
CONTROL = "/mock/v1"

ANSWERED_WITH_NULL = {f"{PARTICIPANT}/{verb}" for verb in ("take_floor", "release_floor")} | {
    f"{CALL}/{verb}" for verb in ("disconnect", "new_candidate", "statistics")
}
"""Requests of the client API whose success is `null`, where others answer true."""

_BY_ROUTE: dict[tuple[str, str], Operation] = {
    ("GET", f"{CLIENT}/status"): Operation.STATUS,
    ("POST", f"{CONFERENCE}/request_token"): Operation.REQUEST_TOKEN,
    ("POST", f"{CONFERENCE}/refresh_token"): Operation.REFRESH_TOKEN,
    ("POST", f"{CONFERENCE}/release_token"): Operation.RELEASE_TOKEN,
    ("GET", f"{CONFERENCE}/conference_status"): Operation.CONFERENCE_STATUS,
    ("GET", f"{CONFERENCE}/participants"): Operation.PARTICIPANTS,
    ("GET", f"{CONFERENCE}/events"): Operation.EVENTS,
    ("POST", f"{CONFERENCE}/lock"): Operation.LOCK,
    ("POST", f"{CONFERENCE}/unlock"): Operation.UNLOCK,
    ("POST", f"{CONFERENCE}/start_conference"): Operation.START_CONFERENCE,
    ("POST", f"{CONFERENCE}/disconnect"): Operation.END,
    ("POST", f"{CONFERENCE}/dial"): Operation.DIAL,
    ("POST", f"{PARTICIPANT}/disconnect"): Operation.DISCONNECT,
    ("POST", f"{PARTICIPANT}/unlock"): Operation.ADMIT,
    ("POST", f"{ADMIN}/configuration/v1/conference/"): Operation.CREATE_VMR,
    ("DELETE", f"{ADMIN}/configuration/v1/conference/{{id}}/"): Operation.DELETE,
    ("POST", f"{ADMIN}/command/v1/conference/lock/"): Operation.LOCK,
    ("POST", f"{ADMIN}/command/v1/conference/unlock/"): Operation.UNLOCK,
    ("POST", f"{ADMIN}/command/v1/conference/disconnect/"): Operation.END,
    ("POST", f"{ADMIN}/command/v1/participant/disconnect/"): Operation.DISCONNECT,
    ("POST", f"{ADMIN}/command/v1/participant/unlock/"): Operation.ADMIT,
    ("POST", f"{ADMIN}/command/v1/participant/dial/"): Operation.DIAL,
    ("GET", f"{ADMIN}/status/v1/conference/"): Operation.CONFERENCE_STATUS,
    ("GET", f"{ADMIN}/status/v1/conference/{{id}}/"): Operation.CONFERENCE_STATUS,
    ("GET", f"{ADMIN}/status/v1/participant/"): Operation.PARTICIPANTS,
    ("GET", f"{ADMIN}/status/v1/participant/{{id}}/"): Operation.PARTICIPANTS,
}


def operation_of(method: str, route: str) -> Operation:
    """What a request to this route asks for; every other read of the status API counts as `status`."""
    named = _BY_ROUTE.get((method, route))
    if named is not None:
        return named
    return Operation.STATUS if route.startswith(f"{ADMIN}/status/v1/") else Operation.OTHER


def routed(method: str, route: str) -> str:
    """What a fault calls a single route: `POST /api/client/v2/conferences/{alias}/lock`."""
    return f"{method} {route}"


def names_of(operation: Operation, *, repeated: bool) -> tuple[Operation, ...]:
    """All names of operations under which a fault may mean this request, the most particular first.

    `repeated`: the conference has been asked to lock before. To disconnect one participant is to refuse it, if it is
    held, or to remove it: a fault on either name means both.
    """
    match operation:
        case Operation.LOCK if repeated:
            return Operation.RELOCK, operation, Operation.ANY
        case Operation.DISCONNECT:
            return Operation.REFUSE, operation, Operation.ANY
        case _:
            return operation, Operation.ANY
