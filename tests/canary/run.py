"""One meeting with every misfortune there is: booked, refused, guarded, broken, killed, ended, exported."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.adapters import upstreams
from tests.adapters.estate import BVLS_PATH, enveloped, video_booking
from tests.canary.canaries import Place
from tests.canary.world import ROLES, VALUE, World
from tests.crash.house import DOMAIN, SECRET, Late
from tests.crash.story import booking as sample
from tests.web.sign_in_service import query
from vmrd.sender import signed
from vmrd.web.contract import actions

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


class Run:
    """Plays all of it; what came out is in `world.found`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.session = self.alias = ""
        self.people: dict[str, str] = {}
        self.minted: dict[str, str] = {}

    async def play(self) -> None:
        world = self.world
        await world.begin()
        for step in (
            self._booked,
            self._refused_bookings,
            self._adapters,
            self._arrivals,
            self._opened,
            self._signing_in,
            self._sink,
            self._door,
            self._crashes,
            self._ended,
            self._every_press,
            self._sign_in_service,
            self._dies,
            self._commands,
        ):
            await step()

    # --- booking ------------------------------------------------------------------------------------------------------

    async def send(self, event: dict[str, Any] | bytes, secret: str = SECRET, **headers: str) -> tuple[int, str]:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        self.world.sent.append(f"{body!r} {secret} {headers}")
        given = signed(secret, str(uuid.uuid4()), body, datetime.now(UTC)) | headers
        return await self.world.ask(
            "POST", "/v1/bookings/events", role=None, place=Place.ANSWER, data=body, headers=given
        )

    async def _booked(self) -> None:
        """Pexip answers the first tries with all it was sent."""
        await self._fault("create_vmr", 503, 500)
        status, said = await self.send(booking())
        assert status == 202, said
        self.session = json.loads(said)["sessionIds"][0]["sessionId"]
        view = await self.until("ready", lambda v: v["phase"] == "ready")
        self.alias = view["vmr"]["alias"].split("@")[0]
        for vmr in self.world.mock.world.directory.records.values():
            self.minted |= {f"pin-{vmr.name}": vmr.pin, f"guest-pin-{vmr.name}": vmr.guest_pin}

    async def _refused_bookings(self) -> None:
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
            status, said = await self.send(body)
            assert status >= 400 or json.loads(said)["warnings"], (body, said)
        assert (await self.send(booking(), secret="whsec_" + base64.b64encode(junk.encode()).decode()))[0] == 401
        body = json.dumps(booking(id="token:1") | {"source": {"system": "token"}}).encode()
        for given in (token, junk * 3):
            headers = {"Authorization": f"Bearer {given}", "webhook-id": str(uuid.uuid4())}
            await self.world.ask(
                "POST", "/v1/bookings/events", role=None, place=Place.ANSWER, data=body, headers=headers
            )

    async def _adapters(self) -> None:
        held = upstreams.booking(
            notesForStaff=VALUE["upstream-note"], createdBy=VALUE["contact-address"], comments=VALUE["upstream-note"]
        )
        for appointment in held["prisonAppointments"]:
            appointment["prisonLocKey"] = "VCC-2"
        self.world.bvls.held[BVLS_PATH] = held

        async def failing(request: Any) -> Any:
            from aiohttp import web

            return web.Response(status=500, text=json.dumps({"developerMessage": VALUE["upstream-note"]}))

        self.world.bvls.faults += [failing] * 3
        self.world.sent.append(json.dumps(held))
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
            await self.world.ask(
                "POST", "/v1/adapters/bvls/events", role=None, place=Place.ANSWER, json=event, headers=headers
            )

    # --- the meeting --------------------------------------------------------------------------------------------------

    async def _arrivals(self) -> None:
        await self._fault("request_token", 403, 500)
        await self._control("POST", "/clock", {"advanceSeconds": 360, "stepSeconds": 30})
        await self.until("vmrd watches", lambda v: any(p["kind"] == "own" for p in v["participants"]))
        await self._dial("attendee")
        await self._dial("stranger")
        await self._dial("caller-number", kind="phone")
        await self._dial("protected-name")
        await self.until("four wait", lambda v: sum(p["where"] == "waiting" for p in v["participants"]) == 4)
        await self.press("refuse", participant=self.people["stranger"], reason=VALUE["reason"])
        await self.until("the stranger is out", self._is("stranger", "left"))

    async def _opened(self) -> None:
        await self._fault("dial", 500)
        await self.press("open")
        await self.until("open", lambda v: v["phase"] == "open")
        seen = self.people["attendee"]
        await self.until("seen", lambda v: any(p["id"] == seen and p["hasVideo"] for p in v["participants"]))
        self.world.unreadable_events = 2
        await self.press("expect", name=VALUE["added-person"], role="other")
        await self.press(
            "check", participant=seen, attendee="p1", documents=["photo_card"], documentNumber=VALUE["document-number"]
        )
        witness = self.people["protected-name"]
        await self.press("check", participant=witness, attendee="p2", documents=["photo_card"], practitionerWord=True)
        await self.world.ask("GET", f"/v1/sessions/{self.session}/record", place=Place.RECORD)
        await self._fault("lock", 400, 503)
        await self.press("lock")
        await self.until("SECURE", lambda v: v["secure"])
        await self.press("prisoner-in")
        await self._dial("stranger")
        await self.until("a knock", lambda v: any(k["state"] == "ringing" for k in v["knocks"]))
        for what in ("host-pin", "prisoner-name", "background"):
            await self._reveal(what)
        await self._reveal("attendee-name", attendee="p2")
        for number in range(400, 404):
            await self._fault("participants", number)
        shown = re.findall(r"'token': '([^']+)'", "".join(self.world.found[Place.PEXIP]))
        self.minted |= {f"token-{number}": token for number, token in enumerate(dict.fromkeys(shown))}
        await self.world.measured()

    async def _reveal(self, what: str, **more: str) -> None:
        await self.world.ask(
            "POST", f"/v1/sessions/{self.session}/reveal", place=Place.REVEAL, json={"what": what, **more}
        )

    # --- people who press and sign in ---------------------------------------------------------------------------------

    async def _signing_in(self) -> None:
        ask = self.world.ask
        for name, password in ((VALUE["tried-name"], VALUE["wrong-password"]), ("k.shah", VALUE["wrong-password"])):
            await ask("POST", "/sign-in", role=None, json={"name": name, "password": password})
            await ask("POST", "/sign-in", role=None, data={"name": name, "password": password})
        form = {"name": "k.shah", "password": VALUE["officer-password"]}
        self.world.sent.append(str(form))
        async with self.world.http.post(
            f"http://127.0.0.1:{self.world.port}/sign-in", data=form, allow_redirects=False
        ) as answer:
            cookie = answer.cookies["vmrd"].value
        self.minted["cookie"] = cookie
        origin = f"http://127.0.0.1:{self.world.port}"
        signed_in = {"Cookie": f"vmrd={cookie}", "Origin": origin, "Sec-Fetch-Site": "same-origin"}
        _, said = await ask("GET", "/v1/me", role=None, headers=signed_in)
        csrf = json.loads(said)["csrf"]
        here = f"/panel/sessions/{self.session}"
        for action, fields in (
            ("note", {"text": VALUE["note"]}),
            ("note", {"text": ""}),
            ("refuse", {"participant": VALUE["sent-junk"], "reason": VALUE["reason"]}),
            ("check", {"participant": self.people["attendee"], "documentNumber": VALUE["document-number"]}),
            (VALUE["sent-junk"], {}),
        ):
            given = {"csrf": csrf, "key": str(uuid.uuid4()), "back": f"/sessions/{self.session}", **fields}
            await ask("POST", f"{here}/{action}", role=None, data=given, headers=signed_in)
        pages = (
            here,
            f"{here}/record",
            "/panel",
            "/panel/summary",
            "/panel/summary.csv",
            "/panel/today",
            "/panel/shift",
        )
        for path in (*pages, f"{here}/people/{self.people['attendee']}", f"/panel/{VALUE['sent-junk']}"):
            place = Place.RECORD if path.endswith("record") else Place.SCREEN
            await ask("GET", path, role=None, place=place, headers=signed_in)

    async def _every_press(self) -> None:
        junk = VALUE["sent-junk"]
        for role in ROLES:
            for action in actions():
                for body in (
                    {"participant": junk, "attendee": junk, "reason": VALUE["reason"], "name": VALUE["added-person"]},
                    {"participant": [junk], "documents": [junk], "minutes": junk, "text": junk * 99},
                ):
                    await self.world.ask(
                        "POST", f"/v1/sessions/{self.session}/{action}", role=role, json=body,
                        headers={"Idempotency-Key": str(uuid.uuid4())},
                    )  # fmt: skip
            for path in (
                f"/v1/sessions/{junk}",
                f"/v1/sessions?date={junk}",
                f"/v1/bookings/desk:{junk}",
                f"/v1/{junk}",
            ):
                await self.world.ask("GET", path, role=role)
            for path in (f"/v1/sessions/{self.session}", "/v1/sessions", "/v1/refusals", "/v1/bookings/desk:1"):
                await self.world.ask("GET", path, role=role)
            await self.world.ask("GET", f"/v1/sessions/{self.session}/record", role=role, place=Place.RECORD)
            await self.world.ask("GET", f"/v1/sessions/{self.session}/joining", role=role, place=Place.ANSWER)

    # --- Pexip asks and tells -----------------------------------------------------------------------------------------

    async def _sink(self) -> None:
        foreign = {
            "event": "participant_connected", "node": "10.0.0.1", "seq": 1, "time": 1.0, "version": 2,
            "data": {"conference": VALUE["foreign-meeting"], "display_name": VALUE["foreign-person"]},
        }  # fmt: skip
        ours = {
            **foreign,
            "data": {
                "conference": f"vmrd-{self.session}", "uuid": VALUE["sent-junk"], "display_name": [VALUE["stranger"]],
                "source_alias": VALUE["caller-number"],
            },
        }  # fmt: skip
        basic = base64.b64encode(f"pexip:{VALUE['sink-password']}".encode()).decode()
        for body in (foreign, ours, VALUE["sent-junk"], [foreign], {"event": VALUE["sent-junk"]}):
            for given in (basic, base64.b64encode(VALUE["sent-junk"].encode()).decode()):
                headers = {"Authorization": f"Basic {given}"}
                await self.world.ask("POST", "/pexip/events", role=None, json=body, headers=headers)

    async def _door(self) -> None:
        url = f"http://127.0.0.1:{self.world.port}"
        self.world.mock.add_policy(url, "pexip", VALUE["policy-password"])
        self.world.sent.append(VALUE["policy-password"])
        await self._control("POST", "/people", self._person("caller-at-door", "phone"), fails=True)
        basic = base64.b64encode(f"pexip:{VALUE['policy-password']}".encode()).decode()
        for path in DOOR:
            for name, number, alias in (
                ("protected-name", "someone@example.org", self.alias),
                ("stranger", VALUE["caller-at-door"], self.alias),
                ("foreign-person", VALUE["caller-at-door"], "boardroom"),
                ("sent-junk", VALUE["sent-junk"], VALUE["sent-junk"]),
            ):
                asked = {
                    "local_alias": f"sip:{alias}@{DOMAIN}", "remote_display_name": VALUE[name], "remote_alias": number,
                    "protocol": "webrtc" if name == "protected-name" else "sip", "call_direction": "dial_in",
                }  # fmt: skip
                for given in (basic, VALUE["sent-junk"]):
                    headers = {"Authorization": f"Basic {given}"}
                    await self.world.ask("GET", path, role=None, place=Place.PEXIP, params=asked, headers=headers)

    # --- crashes ------------------------------------------------------------------------------------------------------

    async def _crashes(self) -> None:
        world = self.world
        with world.broken("decide"):
            status, _ = await world.ask(
                "POST", f"/v1/sessions/{self.session}/note", json={"text": VALUE["note"]},
                headers={"Idempotency-Key": str(uuid.uuid4())},
            )  # fmt: skip
            assert status == 500
        with world.broken("handler"):
            assert (await world.ask("GET", "/v1/establishments/MDI"))[0] == 500
        with world.broken("mapping"):
            await self._dial("stranger")
            await self._logged("watch_fault")
        await world.measured()
        await world.kill()
        await world.start()
        await self.until("it sees again", lambda v: v["endpoint"]["state"] == "inside" and not v["darkBecause"])
        await self.press("prisoner-out")

    async def _dies(self) -> None:
        """A shared task fails, which ends the daemon."""
        world = self.world
        await world.kill()
        with world.broken("task"):
            world.starts += 1
            with (world.folder / f"log-{world.starts}.txt").open("wb") as log:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", world.module, "run", "--config", str(world.config),
                    stdout=log, stderr=log, env=world.environment(),
                )  # fmt: skip
                async with asyncio.timeout(30):
                    assert await process.wait() != 0

    # --- afterwards ---------------------------------------------------------------------------------------------------

    async def _ended(self) -> None:
        await self.press("end", reason=VALUE["reason"])
        await self.until("ended", lambda v: v["phase"] in ("ended", "closed"))

        async def written() -> bool:
            return len(self.world.office.got) > 0

        await self.world.until(written, "an email came")
        await self.world.measured()

    async def _sign_in_service(self) -> None:
        world, service = self.world, self.world.service
        await world.kill()
        world.sign_in_by_service()
        await world.start()
        world.sent.append(VALUE["service-secret"])
        service.person["user_name"] = "KSHAH_GEN"
        for lie in (lambda claims: claims, lambda claims: claims | {"iss": VALUE["sent-junk"]}):
            service.lie = lie
            async with world.http.get(f"http://127.0.0.1:{world.port}/sign-in/oidc", allow_redirects=False) as leaving:
                asked, cookies = query(leaving.headers["Location"]), {k: m.value for k, m in leaving.cookies.items()}
                world.found[Place.ADDRESS].append(leaving.headers["Location"])
            answer = {"code": service.code(asked), "state": asked["state"], "iss": service.issuer}
            for params in ({**answer, "error": VALUE["sent-junk"]}, {**answer, "code": VALUE["sent-junk"]}, answer):
                header = "; ".join(f"{name}={value}" for name, value in cookies.items())
                await world.ask(
                    "GET", "/sign-in/callback", role=None, params=params, headers={"Cookie": header}
                )  # fmt: skip
        await world.measured()

    async def _commands(self) -> None:
        """Each command when it works, and as it fails on what it is given."""
        world, config = self.world, f"--config={self.world.config}"
        table = world.folder / "rows.csv"
        table.write_text(
            "booking_id,establishment,room,prisoner_number,date_of_birth,date,start,end,attendee_1_name,attendee_1_phone\n"
            f"desk:7,MDI,{VALUE['sent-junk']},{VALUE['prisoner-number']}x,{VALUE['date-of-birth']}x,2026-06-31,9,10,"
            f"{VALUE['attendee']},{VALUE['contact-number']}\n"
        )
        broken = world.folder / "broken.toml"
        broken.write_text(world.config.read_text().replace('user = "vmrd"\n', "").replace('key = "', 'key = "x'))
        no_toml = world.folder / "no.toml"
        no_toml.write_text(world.config.read_text().replace('password = "', 'password = ""'))
        away = ("--url", "http://127.0.0.1:9")
        for words, place, given in (
            (("journal", "verify", config), Place.EXPORT, {}),
            (("journal", "export", self.session, config), Place.EXPORT, {}),
            (("journal", "export", VALUE["sent-junk"], config), Place.COMMAND, {}),
            (("journal", "audit", config), Place.EXPORT, {}),
            (("journal", "refusals", config, "--json"), Place.EXPORT, {}),
            (("deliveries", config), Place.EXPORT, {}),
            (("backup", str(world.folder / "copy.db"), config), Place.COMMAND, {}),
            (("purge", "--dry-run", config), Place.COMMAND, {}),
            (("bookings", "import", str(table), *away), Place.COMMAND, {"VMRD_BOOKING_SECRET": SECRET}),
            (("bookings", "import", str(table), *away), Place.COMMAND, {"VMRD_BOOKING_SECRET": VALUE["sent-junk"]}),
            (("bookings", "send", str(table), *away), Place.COMMAND, {"VMRD_BOOKING_SECRET": SECRET}),
            (("run", f"--config={broken}"), Place.COMMAND, {}),
            (("run", f"--config={no_toml}"), Place.COMMAND, {}),
            (("watch", "--once", *away), Place.COMMAND, {"VMRD_TOKEN": world.token("officer")}),
            (("officer", "list", config), Place.COMMAND, {}),
        ):
            world.found[place].append(await world.command(*words, **given))
        erase, add = ("subject", "erase", "--dry-run", config), ("officer", "add", "new", config)
        world.found[Place.COMMAND].append(await world.command(*erase, stdin=f"{VALUE['attendee']}\n"))
        world.found[Place.COMMAND].append(await world.command(*add, stdin="short\n"))

    # --- words --------------------------------------------------------------------------------------------------------

    def _person(self, name: str, kind: str) -> dict[str, Any]:
        body: dict[str, Any] = {"alias": f"{self.alias}@{DOMAIN}", "name": VALUE[name], "kind": kind}
        return body | ({"number": f"+{VALUE[name]}"} if kind == "phone" else {"pin": "none"})

    async def _dial(self, name: str, kind: str = "browser") -> None:
        self.people[name] = (await self._control("POST", "/people", self._person(name, kind)))["participant"]

    async def _control(self, method: str, path: str, body: Any, *, fails: bool = False) -> Any:
        self.world.sent.append(str(body))
        url = f"{self.world.mock.control_url}{path}"
        async with self.world.http.request(method, url, json=body) as answer:
            assert fails or answer.status < 300, await answer.text()
            return None if answer.status == 204 else await answer.json()

    async def _fault(self, operation: str, *statuses: int) -> None:
        for status in statuses:
            await self._control("POST", "/faults", {"operation": operation, "how": "status", "status": status})

    async def press(self, action: str, **body: Any) -> None:
        """Press until it is taken."""
        key = {"Idempotency-Key": str(uuid.uuid4())}

        async def taken() -> bool:
            path = f"/v1/sessions/{self.session}/{action}"
            status, said = await self.world.ask("POST", path, json=body, headers=key)
            assert status in (202, 409), f"{action}: {said}"
            return status == 202

        await self.world.until(taken, f"{action} is taken")

    async def _logged(self, event: str) -> None:
        log = self.world.folder / f"log-{self.world.starts}.txt"

        async def said() -> bool:
            return event in log.read_text()

        await self.world.until(said, f"{event} is in the log")

    async def until(self, what: str, holds: Callable[[Any], bool]) -> Any:
        said = ""

        async def look() -> Any:
            nonlocal said
            status, said = await self.world.ask("GET", f"/v1/sessions/{self.session}")
            return view if status == 200 and holds(view := json.loads(said)) else None

        try:
            return await self.world.until(look, what)
        except Late as late:
            raise Late(f"{late}; the screen says {said}") from None

    def _is(self, name: str, where: str) -> Callable[[Any], bool]:
        return lambda view: any(p["id"] == self.people[name] and p["where"] == where for p in view["participants"])
