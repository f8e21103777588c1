"""Playing a scenario against a running mock, over HTTP alone: this mock, one of another process, or a demonstration's.

Steps are played one after the other. Durations are business time. A performance that `skips` moves the mock's clock
ahead instead of waiting; otherwise it waits as long as that clock takes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

import aiohttp

from pexip_mock.operations import ADMIN, CONTROL
from pexip_mock.scenario import Step
from pexip_mock.scenario_actions import Action, Do
from pexip_mock.sighting import Sighting, happened, lacks, sighting
from pexip_mock.wire import Json, basic_header

LOOK_EVERY_S = 0.05
SKIP_S = 1.0
CONFERENCES = f"{ADMIN}/configuration/v1/conference/"
COMMANDS = f"{ADMIN}/command/v1"


class NotTaken(Exception):
    """The mock did not do what a step asked of it; `status` is its answer's (0: there was nobody to do it to)."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one step came out. `at`: business seconds after T. `why`: what was not so, None when all was."""

    number: int
    title: str
    at: float
    why: str | None

    def line(self) -> str:
        """As a terminal shows it."""
        word, why = ("ok ", "") if self.why is None else ("NOT", f": {self.why}")
        return f"{word} {self.number:>2}  T+{self.at:g}s  {self.title}{why}"


@dataclass(slots=True)
class Performance:
    """Plays steps. `management` is the base URL of the Management Node; `alias` is used where a step names none.

    `begin`: the business instant T, epoch seconds; None takes the moment at which the first step is played.
    """

    http: aiohttp.ClientSession
    management: str
    user: str = ""
    password: str = ""
    alias: str = ""
    skips: bool = False
    begin: float | None = None
    _people: dict[str, str] = field(default_factory=dict)
    _faults: list[int] = field(default_factory=list)

    async def play(self, steps: Sequence[Step], told: Callable[[Outcome], None]) -> bool:
        """All steps, whatever becomes of each; True when every one came out as written. Raises aiohttp.ClientError."""
        good = True
        for number, step in enumerate(steps, start=1):
            await self._started()
            try:
                why = await self._step(step, self.alias)
            except NotTaken as refused:
                why = str(refused)
            told(Outcome(number, step.title, round(await self._since(), 1), why))
            good = good and why is None
        return good

    async def act(self, steps: Sequence[Step], alias: str) -> None:
        """All steps for a meeting of this alias. Raises NotTaken for the first that does not come out as written."""
        for step in steps:
            await self._started()
            why = await self._step(step, alias)
            if why is not None:
                raise NotTaken(f"{step.title}: {why}")

    async def do(self, action: Action, alias: str) -> None:
        """One deed. Raises NotTaken."""
        match action.do:
            case Do.DIAL:
                answer = await self._control("POST", "/people", {"alias": alias} | action.body)
                self._people[action.who] = answer["participant"]
            case Do.LEAVE | Do.DTMF | Do.PIN | Do.PRESENT | Do.VIDEO:
                await self._control("POST", f"/people/{await self._who(action.who, alias)}/{action.do}", action.body)
            case Do.RENAME:
                who = await self._who(action.who, alias)
                await self._control("POST", f"/people/{who}/rename", action.body)
                self._people[str(action.body["name"])] = who
            case Do.LOCK:
                await self._command(f"conference/{'lock' if action.on else 'unlock'}", "conference_id", alias)
            case Do.END:
                await self._command("conference/disconnect", "conference_id", alias)
            case Do.ADMIT:
                await self._command("participant/unlock", "participant_id", alias, action.who)
            case Do.REMOVE:
                await self._command("participant/disconnect", "participant_id", alias, action.who)
            case Do.FAULT:
                self._faults.append((await self._control("POST", "/faults", action.body))["id"])
            case Do.HEAL:
                await self._heal()
            case Do.NODE:
                await self._control("POST", f"/nodes/{action.who}", action.body)
            case Do.PLATFORM:
                await self._control("POST", "/platform", action.body)
            case Do.FLAGS:
                conference = (await self._seen(alias)).conference or "none"
                await self._control("POST", f"/conferences/{conference}", action.body)
            case Do.CLOCK:
                if action.body:
                    await self._control("POST", "/clock", action.body)
                await self._ahead(action.seconds)
            case Do.VMR:
                await self._managed("POST", CONFERENCES, action.body)
            case Do.DELETE_VMR:
                await self._delete(action.who)
            case _:
                assert_never(action.do)

    async def state(self) -> Mapping[str, Any]:
        """The mock's whole truth."""
        found: Mapping[str, Any] = await self._control("GET", "/state")
        return found

    async def _step(self, step: Step, alias: str) -> str | None:
        alias = step.alias or alias
        if step.at is not None:
            await self._until(step.at)
        if step.after is not None:
            after = step.after

            async def is_so(seen: Sighting) -> bool:
                return happened(seen, after)

            if not await self._comes(is_so, alias, after.within):
                return f"waited in vain: {after.event or f'{after.name} is {after.where}'}"
        refused = None
        if step.action is not None:
            try:
                await self.do(step.action, alias)
            except NotTaken as answered:
                if step.expect is None or step.expect.refused is None or not answered.status:
                    raise
                refused = answered.status
        if step.expect is None:
            return None
        expect, lacking = step.expect, None

        async def fits(seen: Sighting) -> bool:
            nonlocal lacking
            lacking = lacks(seen, expect, refused, await self._met() if expect.faults_met is not None else 0)
            return lacking is None

        await self._comes(fits, alias, expect.within)
        return lacking

    async def _comes(self, condition: Callable[[Sighting], Awaitable[bool]], alias: str, within: float) -> bool:
        """Look until it is so, for so many business seconds, or real ones where the mock's clock is slower."""
        deadline, real = await self._now() + within, time.monotonic() + within
        while True:
            if await condition(await self._seen(alias)):
                return True
            if await self._now() >= deadline or (not self.skips and time.monotonic() >= real):
                return False
            if self.skips:
                await self._ahead(SKIP_S)
            else:
                await asyncio.sleep(LOOK_EVERY_S)

    async def _until(self, at: float) -> None:
        """Let the clock reach T plus so many seconds."""
        while (left := at - await self._since()) > 0:
            if self.skips:
                await self._ahead(left)
            else:
                await asyncio.sleep(min(left, LOOK_EVERY_S))

    async def _ahead(self, seconds: float) -> None:
        if seconds > 0:
            await self._control("POST", "/clock", {"advanceSeconds": seconds, "stepSeconds": max(1.0, seconds / 60)})

    async def _started(self) -> None:
        if self.begin is None:
            self.begin = await self._now()

    async def _since(self) -> float:
        return await self._now() - (self.begin or 0.0)

    async def _now(self) -> float:
        return float((await self._control("GET", "/clock"))["businessMs"]) / 1000

    async def _seen(self, alias: str) -> Sighting:
        return sighting(await self.state(), alias)

    async def _who(self, name: str, alias: str) -> str:
        """The participant of somebody: the one who dialled here last, or anybody of that name in the meeting."""
        known = self._people.get(name)
        seen = await self._seen(alias)
        there = {one.participant for one in seen.people if one.where != "left"}
        participant = known if known in there else seen.participant(name)
        if participant is None:
            raise NotTaken(f"{name} is not there")
        return participant

    async def _command(self, path: str, field_name: str, alias: str, who: str = "") -> None:
        target = await self._who(who, alias) if who else (await self._seen(alias)).conference
        if not target:
            raise NotTaken("no meeting is running")
        await self._managed("POST", f"{COMMANDS}/{path}/", {field_name: target})

    async def _delete(self, name: str) -> None:
        found = [vmr["id"] for vmr in (await self.state())["vmrs"] if vmr["name"] == name]
        if not found:
            raise NotTaken(f"there is no VMR named {name}")
        await self._managed("DELETE", f"{CONFERENCES}{found[0]}/", None)

    async def _heal(self) -> None:
        for fault in self._faults:
            await self._control("DELETE", f"/faults/{fault}")
        self._faults.clear()

    async def _met(self) -> int:
        return sum(fault["met"] for fault in await self._control("GET", "/faults") if fault["id"] in self._faults)

    async def _control(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        return await self._ask(method, f"{CONTROL}{path}", body, {})

    async def _managed(self, method: str, path: str, body: Json | None) -> Any:
        return await self._ask(method, path, body, basic_header(self.user, self.password))

    async def _ask(self, method: str, path: str, body: Mapping[str, object] | None, headers: dict[str, str]) -> Any:
        async with self.http.request(method, f"{self.management}{path}", json=body, headers=headers) as answer:
            content = await answer.json() if answer.content_type.endswith("json") and await answer.read() else None
            if answer.status >= 300:
                told = content.get("detail", content) if isinstance(content, dict) else content
                raise NotTaken(f"the mock answered {answer.status}: {told}", answer.status)
            return content
