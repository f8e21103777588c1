"""One consultation from booking to dead link, pressed through the API, with the daemon killed on the way."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

from tests.crash.house import DOMAIN, KEY, TOKEN, House, Late
from tests.crash.points import Moment, Point
from vmrd.lifecycle.evolve import fold
from vmrd.store.journal import verify
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import open_for_reading

KEYS = derive_keys(bytes.fromhex(KEY))
QUIET_ALERTS = frozenset(
    {"lock-drift", "blind", "lock-unconfirmed", "opening-slow", "sweep-slow", "everyone-left", "room-lost",
     "time-left", "prisoner-still-in", "guest-waiting", "refused-returned", "admit-unconfirmed", "remove-unconfirmed",
     "end-unconfirmed"}
)  # fmt: skip
"""What may rightly ring in this story. A ghost of ours must ring nothing: no stranger, no Host, no breach."""


class Story:
    """Drives one session. `point` is None for a run without a crash."""

    def __init__(self, house: House, point: Point | None) -> None:
        self.house = house
        self.point = point
        self.session = ""
        self.alias = ""
        self.people: dict[str, str] = {}
        self.fault: int | None = None
        self.kills = 0
        self._pins: list[str] = []

    async def run(self) -> None:
        """Play every step, die where the point says, and judge what came out."""
        await self.house.begin()
        steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("book", self._book),
            ("control", self._control),
            ("arrive", self._arrive),
            ("refuse", self._refuse),
            ("open", self._open),
            ("lock", self._lock),
            ("admit", self._admit),
            ("relock", self._relock),
            ("unlock", self._unlock),
            ("end", self._end),
            ("over", self._over),
        ]
        for name, step in steps:
            await self._before(name)
            async with asyncio.TaskGroup() as tasks:
                if self.point is not None and self.point.step == name:
                    await self._arm(self.point)
                    tasks.create_task(self._die(self.point))
                await step()
        await self._judge()

    async def _before(self, name: str) -> None:
        """A place for other misfortunes."""

    # --- dying --------------------------------------------------------------------------------------------------------

    async def _arm(self, point: Point) -> None:
        how = "hold-before" if point.moment is Moment.BEFORE_EFFECT else "hold-after"
        if point.moment is Moment.AFTER_COMMIT:
            how = "delay"  # it is only watched: the answer goes out, and the kill follows the commit
        times = 2 if point.moment is Moment.TWICE else 1
        fault = {"operation": point.operation, "how": how, "times": times, "delayMs": 1}
        ordered = await self.house.control("POST", "/faults", fault)
        self.fault = ordered["id"]

    async def _die(self, point: Point) -> None:
        await self._caught(1, point)
        await self._kill_and_start()
        if point.moment is Moment.TWICE:
            # The command goes out again only if its effect does not show already; then it must survive that as well.
            try:
                async with asyncio.timeout(6):
                    await self._caught(2, point)
            except TimeoutError:
                pass
            else:
                await self._kill_and_start()
        await self.house.control("DELETE", f"/faults/{self.fault}")

    async def _caught(self, times: int, point: Point) -> None:
        held = point.moment is not Moment.AFTER_COMMIT

        async def met() -> bool:
            faults = await self.house.control("GET", "/faults")
            mine = next(fault for fault in faults if fault["id"] == self.fault)
            return mine["met"] >= times and (mine["heldNow"] > 0 or not held)

        await self.house.until(met, f"{point.operation} reached Pexip")
        if point.moment is Moment.AFTER_COMMIT:
            await self.house.until(self._outbox_empty, "the outcome is committed")

    async def _outbox_empty(self) -> bool:
        with closing(sqlite3.connect(f"file:{self.house.database}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT count(*) FROM outbox WHERE lane != 'notify'").fetchone()
        return bool(row[0] == 0)

    async def _kill_and_start(self) -> None:
        self.kills += 1
        await self.house.kill()
        await self.house.start()

    # --- the story ----------------------------------------------------------------------------------------------------

    async def _book(self) -> None:
        status, answer = await self.house.book(booking())
        assert status == 202, answer
        self.session = answer["sessionIds"][0]["sessionId"]
        view = await self._until("ready", lambda v: v["phase"] == "ready")
        self.alias = view["vmr"]["alias"].split("@")[0]
        self._pins = [vmr.pin for vmr in self.house.mock.world.directory.records.values()]

    async def _control(self) -> None:
        """The start is near: vmrd takes its control token."""
        await self.house.control("POST", "/clock", {"advanceSeconds": 360, "stepSeconds": 30})
        await self._until("vmrd watches", lambda v: any(p["kind"] == "own" for p in v["participants"]))

    async def _arrive(self) -> None:
        await self._dial("Priya Nair", "browser")
        await self._dial("Sam Stranger", "browser")
        await self._dial("+441632960123", "phone")
        await self._until("three wait", lambda v: sum(p["where"] == "waiting" for p in v["participants"]) == 3)

    async def _refuse(self) -> None:
        await self._press("refuse", participant=self.people["Sam Stranger"])
        await self._until("the stranger is out", self._where("Sam Stranger", "left"))

    async def _open(self) -> None:
        await self._press("open")
        await self._until("open", lambda v: v["phase"] == "open")
        await self._until(
            "her picture is there",
            lambda v: any(p["id"] == self.people["Priya Nair"] and p["hasVideo"] for p in v["participants"]),
        )

    async def _lock(self) -> None:
        await self._press("check", participant=self.people["Priya Nair"], attendee="p1", documents=["photo_card"])
        await self._press("lock")
        await self._until("SECURE", lambda v: v["secure"])
        await self._press("prisoner-in")
        await self._until("private", lambda v: v["phase"] == "private")

    async def _admit(self) -> None:
        await self._dial("Cam Colleague", "browser")
        await self._until("the knock rings", lambda v: any(k["state"] == "ringing" for k in v["knocks"]))
        await self._press("prisoner-out")
        await self._press("admit", participant=self.people["Cam Colleague"])
        await self._until("the colleague is in", self._where("Cam Colleague", "inside"))

    async def _relock(self) -> None:
        view = await self._view()
        await self.house.control("POST", f"/people/{view['endpoint']['participant']}/dtmf", {"digits": "*7"})

        async def locked_again() -> bool:
            events = [line["what"] for line in (await self.house.control("GET", "/state"))["history"]]
            return events.count("unlocked") >= 1 and events.count("locked") >= 2

        await self.house.until(locked_again, "locked again in Pexip")
        await self._until("locked again on the screen", lambda v: v["lock"]["state"] == "locked")

    async def _unlock(self) -> None:
        await self._press("unlock")
        await self._until("unlocked", lambda v: v["lock"]["state"] == "unlocked")

    async def _end(self) -> None:
        await self._press("end")
        await self._until("ended", lambda v: v["phase"] in ("ended", "closed"))

    async def _over(self) -> None:
        async def deleted() -> bool:
            return all(vmr["deleted"] for vmr in (await self.house.control("GET", "/state"))["vmrs"])

        await self.house.until(deleted, "the vmr is deleted")
        await self._until_fact("VmrGone")
        await self.house.control("POST", "/clock", {"advanceSeconds": 200, "stepSeconds": 20})
        await self._until("the link is dead", lambda v: v["linkDeadAt"] is not None)
        await self._press("confirm-outcome")
        await self._until("closed", lambda v: v["phase"] == "closed")
        await self._until_fact("SecretsWiped")

    # --- judging ------------------------------------------------------------------------------------------------------

    async def _judge(self) -> None:
        state = await self.house.control("GET", "/state")
        metrics = await self.house.metrics()
        await self.house.kill()
        self._discreet(metrics)
        created = [line for line in state["history"] if line["what"] == "vmr-created"]
        assert len(created) == 1, f"{len(created)} vmrs were made"
        assert not any(any(vmr["dialable"].values()) for vmr in state["vmrs"]), "the link still works"
        assert not [one for one in state["conferences"] if one["endedAt"] is None], "somebody is still connected"
        self._door(state)
        with closing(sqlite3.connect(f"file:{self.house.database}?mode=ro", uri=True)) as connection:
            assert verify(connection, KEYS.seal) == []
            left = connection.execute("SELECT key FROM outbox WHERE lane != 'notify'").fetchall()
            assert left == [], f"commands were left over: {left}"
        with open_for_reading(self.house.database, KEYS) as rx:
            facts = rx.facts(self.session)
            assert fold(facts) == rx.session(self.session), "the journal does not rebuild the session"
        counted = Counter(type(fact).__name__ for fact in facts)
        for once in ("Planned", "Opened", "PrisonerCameIn", "PrisonerWentOut", "Checked", "RefusalRequested",
                     "EndRequested", "VmrCreated", "VmrGone", "LinkDead", "OutcomeConfirmed", "Knocked"):  # fmt: skip
            assert counted[once] == 1, f"{once} was written {counted[once]} times"
        rang = {fact.code for fact in facts if type(fact).__name__ == "AlertRaised"}  # type: ignore[union-attr]
        assert rang <= QUIET_ALERTS, f"rang without cause: {sorted(rang - QUIET_ALERTS)}"

    def _discreet(self, metrics: str) -> None:
        """No name, number, PIN or token is in a log line, a metric or, but for names, the database file."""
        with open_for_reading(self.house.database, KEYS) as rx:
            session = rx.session(self.session)
            assert session is not None
            tags = session.own_tags
        said = metrics + "".join(log.read_text() for log in self.house.folder.glob("log-*.txt"))
        for canary in (*self.people, "A1234AA", "441632960123", TOKEN, self.house.mock.password, *tags, *self._pins):
            assert canary.lower() not in said.lower(), "something private was logged or measured"
        stored = b"".join(file.read_bytes() for file in self.house.folder.glob("vmrd.db*"))
        for canary in ("441632960123", TOKEN, *self._pins):
            assert canary.encode() not in stored, "a secret or a number is in the database file"

    def _door(self, state: dict[str, Any]) -> None:
        """Once locked, it was unlocked only by the remote control and by the officer."""
        opened = [line for line in state["history"] if line["what"] == "unlocked"]
        assert len(opened) <= 2, f"unlocked {len(opened)} times"
        entered = {line["participant"] for line in state["history"] if line["what"] == "entered"}
        for name in ("Sam Stranger", "+441632960123"):
            assert self.people[name] not in entered, f"{name} was inside"

    # --- words --------------------------------------------------------------------------------------------------------

    async def _dial(self, name: str, kind: str) -> None:
        body: dict[str, Any] = {"alias": f"{self.alias}@{DOMAIN}", "name": name, "kind": kind}
        if kind == "phone":
            body["number"] = name
        else:
            body["pin"] = "none"
        self.people[name] = (await self.house.control("POST", "/people", body))["participant"]

    async def _press(self, action: str, **body: Any) -> None:
        key = {"Idempotency-Key": str(uuid.uuid4())}

        async def accepted() -> bool:
            status, answer = await self.house.api("POST", f"/v1/sessions/{self.session}/{action}", body, key)
            if status == 202:
                return True
            if status == 409:
                return False  # not now: after a restart the picture comes back first
            raise Late(f"{action} was answered {status}: {json.dumps(answer)[:300]}")

        await self.house.until(accepted, f"{action} is accepted")

    async def _view(self) -> Any:
        status, view = await self.house.api("GET", f"/v1/sessions/{self.session}")
        assert status == 200, view
        return view

    async def _until(self, what: str, holds: Callable[[Any], bool]) -> Any:
        async def look() -> Any:
            view = await self._view()
            return view if holds(view) else None

        try:
            return await self.house.until(look, what)
        except Late as late:
            view = await self._view()
            seen = {key: view[key] for key in ("phase", "lock", "alerts", "participants", "secureBlockedBy", "opening")}
            raise Late(f"{late}; the screen says {json.dumps(seen)}") from None

    async def _until_fact(self, name: str) -> None:
        async def written() -> bool:
            with closing(sqlite3.connect(f"file:{self.house.database}?mode=ro", uri=True)) as connection:
                row = connection.execute("SELECT count(*) FROM journal WHERE type = ?", (name,)).fetchone()
            return bool(row[0])

        await self.house.until(written, f"{name} is in the journal")

    def _where(self, name: str, where: str) -> Callable[[Any], bool]:
        return lambda view: any(p["id"] == self.people[name] and p["where"] == where for p in view["participants"])


def booking() -> dict[str, Any]:
    """A legal consultation at 10:00 in London, in the form booking systems send."""
    return {
        "schema": "session-control/booking-event/1",
        "eventId": str(uuid.uuid4()),
        "eventType": "booking.created",
        "occurredAt": "2026-06-03T08:30:00+00:00",
        "source": {"system": "desk", "environment": "test", "detailUrl": None},
        "booking": {
            "id": "desk:1",
            "version": 1,
            "status": "active",
            "type": "OTHER",
            "purpose": "legal_consultation",
            "bookedVia": "prison",
            "establishment": {"prisonCode": "MDI"},
            "timezone": "Europe/London",
            "prisoners": [{"prisonerNumber": "A1234AA"}],
            "segments": [
                {
                    "key": "main",
                    "kind": "VLLA",
                    "slots": [{"date": "2026-06-03", "start": "10:00", "end": "10:30"}],
                    "prisonRoom": {"locationKey": "VCC-1"},
                    "attendeeRefs": ["p1", "p2"],
                }
            ],
            "room": {"source": "managed", "videoLinkUrl": None, "hmctsNumber": None, "guestPin": None},
            "attendees": [
                {"ref": "p1", "role": "defence", "lead": True, "name": "Priya Nair", "email": "p.nair@example.org"},
                {"ref": "p2", "role": "defence", "lead": False, "name": "Cam Colleague", "email": "c@example.org"},
            ],
        },
    }
