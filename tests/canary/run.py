"""One meeting with every misfortune there is: booked, refused, guarded, broken, killed, ended, exported."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.canary import outside
from tests.canary.canaries import Place
from tests.canary.commands import commands
from tests.canary.outside import booking
from tests.canary.world import VALUE, World
from tests.crash.house import DOMAIN, SECRET, Late
from tests.web.sign_in_service import query
from vmrd.sender import signed


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
        await self._booked()
        await outside.refused_bookings(self)
        await outside.adapters(self)
        await self._arrivals()
        await self._opened()
        await self._signing_in()
        await outside.sink(self)
        await outside.door(self)
        await self._crashes()
        await self._ended()
        await outside.every_press(self)
        await self._sign_in_service()
        await self._dies()
        await commands(self)

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

    # --- the meeting --------------------------------------------------------------------------------------------------

    async def _arrivals(self) -> None:
        await self._fault("request_token", 403, 500)
        await self.control("POST", "/clock", {"advanceSeconds": 360, "stepSeconds": 30})
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

    # --- Pexip asks and tells -----------------------------------------------------------------------------------------

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
        honest, false = (lambda claims: claims), (lambda claims: claims | {"iss": VALUE["sent-junk"]})
        junk = VALUE["sent-junk"]
        for lie, changed in ((honest, {"error": junk}), (honest, {"code": junk}), (false, {}), (honest, {})):
            service.lie = lie
            async with world.http.get(f"http://127.0.0.1:{world.port}/sign-in/oidc", allow_redirects=False) as leaving:
                asked, cookies = query(leaving.headers["Location"]), {k: m.value for k, m in leaving.cookies.items()}
                world.found[Place.ADDRESS].append(leaving.headers["Location"])
            answer = {"code": service.code(asked), "state": asked["state"], "iss": service.issuer}
            cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
            await world.ask("GET", "/sign-in/callback", role=None, params=answer | changed, headers=cookie)
        assert len(service.redeemed) == 3, "the service was told the secret"
        await world.measured()

    # --- words --------------------------------------------------------------------------------------------------------

    def person(self, name: str, kind: str) -> dict[str, Any]:
        body: dict[str, Any] = {"alias": f"{self.alias}@{DOMAIN}", "name": VALUE[name], "kind": kind}
        return body | ({"number": f"+{VALUE[name]}"} if kind == "phone" else {"pin": "none"})

    async def _dial(self, name: str, kind: str = "browser") -> None:
        self.people[name] = (await self.control("POST", "/people", self.person(name, kind)))["participant"]

    async def control(self, method: str, path: str, body: Any, *, fails: bool = False) -> Any:
        self.world.sent.append(str(body))
        url = f"{self.world.mock.control_url}{path}"
        async with self.world.http.request(method, url, json=body) as answer:
            assert fails or answer.status < 300, await answer.text()
            return None if answer.status == 204 else await answer.json()

    async def _fault(self, operation: str, *statuses: int) -> None:
        for status in statuses:
            await self.control("POST", "/faults", {"operation": operation, "how": "status", "status": status})

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
