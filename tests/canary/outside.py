"""What comes from outside and is refused: bookings, events of adapters and sinks, questions of policy, every press."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.adapters import upstreams
from tests.adapters.estate import BVLS_PATH, enveloped, video_booking
from tests.canary.canaries import Place
from tests.canary.world import ROLES, VALUE
from tests.crash.house import DOMAIN
from tests.crash.story import booking as sample
from vmrd.web.contract import actions

if TYPE_CHECKING:
    from tests.canary.run import Run

DOOR = "/policy/v1/service/configuration", "/policy/v1/participant/properties"


def booking(**changes: Any) -> dict[str, Any]:
    """The sample booking with a canary wherever a person, a number or a secret goes."""
    event = sample()
    event["eventId"] = str(uuid.uuid4())
    event["extra"] = {"unknown": VALUE["unknown-member"]}
    event["booking"] |= {
        "prisoners": [
            {
                "prisonerNumber": VALUE["prisoner-number"],
                "dateOfBirth": VALUE["date-of-birth"],
                "firstName": VALUE["prisoner-name"].split()[0],
                "lastName": VALUE["prisoner-name"].split()[1],
            }
        ],
        "attendees": [
            {
                "ref": "p1", "role": "defence", "lead": True, "name": VALUE["attendee"],
                "email": VALUE["contact-address"], "phone": f"+44 {VALUE['contact-number']}",
                "passportNumber": VALUE["document-number"],
            },
            {
                "ref": "p2", "role": "interpreter", "name": VALUE["protected-name"],
                "displayName": VALUE["protected-alias"], "protectedIdentity": True,
            },
        ],
        "bookedBy": {"name": VALUE["booker"], "email": VALUE["booker-address"], "organisation": VALUE["booker"]},
        "case": {"reference": VALUE["case"]},
        "notes": VALUE["unknown-member"],
        **changes,
    }  # fmt: skip
    return event


async def refused_bookings(run: Run) -> None:
    junk, token = VALUE["sent-junk"], VALUE["sender-token"]
    bodies: list[Any] = [
        b'["' + junk.encode(),
        json.dumps(booking() | {"eventType": junk}).encode(),
        booking(version=2, establishment={"prisonCode": junk}),
        booking(version=2, id=f"desk:{junk}", timezone=junk),
        booking(version=2, attendees=[{"ref": junk, "role": junk, junk: VALUE["attendee"]}]),
        booking(version=1, attendees=[]),
        booking(version=2, prisoners=[{"prisonerNumber": junk, "dateOfBirth": f"{VALUE['date-of-birth']}x"}]),
        booking(id="other:1"),
        booking(id="desk:2"),  # the room and the prisoner are taken
        json.dumps(booking(case={"details": VALUE["attendee"] * 4_000})).encode(),
        json.dumps(booking(answers={junk: junk})).encode(),
    ]
    for body in bodies:
        status, said = await run.send(body)
        assert status >= 400 or json.loads(said)["warnings"], (body, said)
    assert (await run.send(booking(), secret="whsec_" + base64.b64encode(junk.encode()).decode()))[0] == 401
    body = json.dumps(booking(id="token:1") | {"source": {"system": "token"}}).encode()
    for given in (token, junk * 3):
        headers = {"Authorization": f"Bearer {given}", "webhook-id": str(uuid.uuid4())}
        await run.world.ask("POST", "/v1/bookings/events", role=None, place=Place.ANSWER, data=body, headers=headers)


async def adapters(run: Run) -> None:
    held = upstreams.booking(
        notesForStaff=VALUE["upstream-note"], createdBy=VALUE["contact-address"], comments=VALUE["upstream-note"]
    )
    for appointment in held["prisonAppointments"]:
        appointment["prisonLocKey"] = "VCC-2"
    run.world.bvls.held[BVLS_PATH] = held

    async def failing(request: Any) -> Any:
        return web.Response(status=500, text=json.dumps({"developerMessage": VALUE["upstream-note"]}))

    run.world.bvls.faults += [failing] * 3
    run.world.sent.append(json.dumps(held))
    for number, (event, secret) in enumerate(
        (
            (video_booking(), VALUE["adapter-secret"]),
            (video_booking(), VALUE["adapter-secret"]),
            (enveloped(video_booking()), VALUE["adapter-secret"]),
            ({"eventType": VALUE["sent-junk"]}, VALUE["adapter-secret"]),
            (video_booking(), VALUE["sent-junk"]),
        )
    ):
        headers = {"Authorization": f"Bearer {secret}", "X-Amz-Sns-Message-Id": f"message-{number}"}
        await run.world.ask(
            "POST", "/v1/adapters/bvls/events", role=None, place=Place.ANSWER, json=event, headers=headers
        )


async def sink(run: Run) -> None:
    foreign = {
        "event": "participant_connected", "node": "10.0.0.1", "seq": 1, "time": 1.0, "version": 2,
        "data": {"conference": VALUE["foreign-meeting"], "display_name": VALUE["foreign-person"]},
    }  # fmt: skip
    ours = {
        **foreign,
        "data": {
            "conference": f"vmrd-{run.session}", "uuid": VALUE["sent-junk"], "display_name": [VALUE["stranger"]],
            "source_alias": VALUE["caller-number"],
        },
    }  # fmt: skip
    basic = base64.b64encode(f"pexip:{VALUE['sink-password']}".encode()).decode()
    for body in (foreign, ours, VALUE["sent-junk"], [foreign], {"event": VALUE["sent-junk"]}):
        for given in (basic, base64.b64encode(VALUE["sent-junk"].encode()).decode()):
            headers = {"Authorization": f"Basic {given}"}
            await run.world.ask("POST", "/pexip/events", role=None, json=body, headers=headers)


async def door(run: Run) -> None:
    url = f"http://127.0.0.1:{run.world.port}"
    run.world.mock.add_policy(url, "pexip", VALUE["policy-password"])
    run.world.sent.append(VALUE["policy-password"])
    await run.control("POST", "/people", run.person("caller-at-door", "phone"), fails=True)
    basic = base64.b64encode(f"pexip:{VALUE['policy-password']}".encode()).decode()
    for path in DOOR:
        for name, number, alias in (
            ("protected-name", "someone@example.org", run.alias),
            ("stranger", VALUE["caller-at-door"], run.alias),
            ("foreign-person", VALUE["caller-at-door"], "boardroom"),
            ("sent-junk", VALUE["sent-junk"], VALUE["sent-junk"]),
        ):
            asked = {
                "local_alias": f"sip:{alias}@{DOMAIN}", "remote_display_name": VALUE[name], "remote_alias": number,
                "protocol": "webrtc" if name == "protected-name" else "sip", "call_direction": "dial_in",
            }  # fmt: skip
            for given in (basic, VALUE["sent-junk"]):
                headers = {"Authorization": f"Basic {given}"}
                await run.world.ask("GET", path, role=None, place=Place.PEXIP, params=asked, headers=headers)


async def every_press(run: Run) -> None:
    junk = VALUE["sent-junk"]
    for role in ROLES:
        for action in actions():
            for body in (
                {"participant": junk, "attendee": junk, "reason": VALUE["reason"], "name": VALUE["added-person"]},
                {"participant": [junk], "documents": [junk], "minutes": junk, "text": junk * 99},
            ):
                await run.world.ask(
                    "POST", f"/v1/sessions/{run.session}/{action}", role=role, json=body,
                    headers={"Idempotency-Key": str(uuid.uuid4())},
                )  # fmt: skip
        for path in (
            f"/v1/sessions/{junk}",
            f"/v1/sessions?date={junk}",
            f"/v1/bookings/desk:{junk}",
            f"/v1/{junk}",
        ):
            await run.world.ask("GET", path, role=role)
        for path in (f"/v1/sessions/{run.session}", "/v1/sessions", "/v1/refusals", "/v1/bookings/desk:1"):
            await run.world.ask("GET", path, role=role)
        await run.world.ask("GET", f"/v1/sessions/{run.session}/record", role=role, place=Place.RECORD)
        await run.world.ask("GET", f"/v1/sessions/{run.session}/joining", role=role, place=Place.ANSWER)
