"""A high-security prison and a whole mock Pexip: meetings are born locked, and no screen is shown undeclared."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.crash.house import House, house
from tests.crash.story import Story

PASSWORD = "password-of-policy"


class Guarded(Story):
    """Pexip asks vmrd, which lets people in one by one."""

    async def run(self) -> None:
        _configure(self.house)
        await self.house.begin()
        self.house.mock.add_policy(f"http://127.0.0.1:{self.house.port}", "pexip", PASSWORD)
        for step in (self._book, self._control, self._nobody_is_in_a_room_that_was_never_unlocked, self._let_in):
            await step()
        await self._no_screen_is_shown()

    async def _nobody_is_in_a_room_that_was_never_unlocked(self) -> None:
        """Born locked: Pexip shows it locked though nobody has locked it, and whoever dials is held."""
        (conference,) = await self._conferences()
        assert conference["locked"]
        assert not await self._happened("locked", "unlocked")
        for name in ("Priya Nair", "Sam Stranger"):
            await self._dial(name, "browser")
        await self._until("two wait", lambda v: sum(p["where"] == "waiting" for p in v["participants"]) == 2)
        await self._press("open")
        await self._until("open", lambda v: v["phase"] == "open")
        view = await self._view()
        assert {p["where"] for p in view["participants"] if p["id"] in self.people.values()} == {"waiting"}
        assert (await self._conferences())[0]["locked"]

    async def _let_in(self) -> None:
        await self._press("admit", participant=self.people["Priya Nair"])
        await self._until("she is in", self._where("Priya Nair", "inside"))
        assert not await self._happened("unlocked")
        entered = {
            line["participant"]
            for line in (await self.house.control("GET", "/state"))["history"]
            if line["what"] == "entered"
        }
        assert self.people["Sam Stranger"] not in entered

    async def _no_screen_is_shown(self) -> None:
        (vmr,) = self.house.mock.world.directory.records.values()
        assert vmr.guests_can_present is False
        url = f"{self.house.mock.control_url}/people/{self.people['Priya Nair']}/present"
        async with self.house.http.post(url, json={"on": True}) as refused:
            assert refused.status == 403
        assert not any(person["presenting"] for person in (await self._view())["participants"])

    async def _conferences(self) -> list[dict[str, Any]]:
        state = await self.house.control("GET", "/state")
        return [one for one in state["conferences"] if one["endedAt"] is None]

    async def _happened(self, *what: str) -> bool:
        state = await self.house.control("GET", "/state")
        return any(line["what"] in what for line in state["history"])


def _configure(built: House) -> None:
    file = built.folder / "vmrd.toml"
    name = 'name = "HMP Example"\n'
    strict = f'{name}opening = "locked-first"\nundeclared_presentation = "stopped"\n'
    file.write_text(file.read_text().replace(name, strict) + f'\n[policy]\npassword = "{PASSWORD}"\n')


@pytest.mark.timeout(180)
def test_a_high_security_meeting_is_born_locked_and_people_come_in_one_by_one(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, 11) as built:
            await Guarded(built, None).run()

    asyncio.run(play())
