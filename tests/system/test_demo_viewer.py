"""The demo with a viewer: it waits for their press, plays for them when asked, and survives their mistakes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import pytest
from standardwebhooks.webhooks import Webhook

from vmrd.demo.cast import PRIVATE, STRANGER
from vmrd.demo.play import Play, Result
from vmrd.demo.receiver import receiving
from vmrd.demo.stage import Plan, Stage, stage
from vmrd.demo.stories import STORIES
from vmrd.web.caller import Caller, Role

pytestmark = pytest.mark.asyncio

VIEWER = Caller("K. Shah", Role.OFFICER, (), "a-csrf-token")
PATIENCE = 20.0


class Watching:
    """A performance under way, and its results as they come."""

    def __init__(self, built: Stage) -> None:
        self.built = built
        self.results: asyncio.Queue[Result] = asyncio.Queue()
        self.play = Play("consultation", STORIES["consultation"].steps, built.players, self.results.put_nowait)
        built.controls.play = self.play

    async def until(self, title: str) -> Result:
        """The result of the step with this in its title."""
        async with asyncio.timeout(PATIENCE):
            while True:
                result = await self.results.get()
                if title in result.title:
                    return result

    async def shows(self, words: str) -> str:
        """The controls, once these words are among them."""
        async with asyncio.timeout(PATIENCE):
            while True:
                text = str(self.built.controls.markup(VIEWER))
                if words in text:
                    return text
                await asyncio.sleep(0.02)


@asynccontextmanager
async def watching() -> AsyncIterator[Watching]:
    async with stage(Plan()) as built:
        watched = Watching(built)
        task = asyncio.create_task(watched.play.with_viewer())
        try:
            yield watched
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_a_step_is_done_by_the_viewers_own_press() -> None:
    async with watching() as watched:
        await watched.until("wait beside them")
        text = await watched.shows("press Refuse")
        assert 'name="csrf" value="a-csrf-token"' in text

        await watched.built.players.officer.press_on("refuse", STRANGER)

        assert (await watched.until("is refused")).why is None
        await watched.shows("Press Open")


async def test_play_it_for_me_does_one_step_and_waits_again() -> None:
    async with watching() as watched:
        await watched.until("wait beside them")
        for title, then in (("is refused", "Press Open"), ("Open:", "Priya Nair is checked")):
            assert await watched.built.controls.act("play", {}) is None
            assert (await watched.until(title)).why is None
            await watched.shows(then)


async def test_who_lets_the_stranger_in_is_told_and_may_go_on() -> None:
    async with watching() as watched:
        await watched.until("wait beside them")
        await watched.built.players.officer.press("open")
        await watched.shows(f"{STRANGER.replace(chr(39), '&#39;')} was inside")

        await watched.built.controls.act("skip", {})

        refused = await watched.until("is refused")
        assert refused.why == f"{STRANGER} was inside"
        assert watched.play.confirmed == len(watched.play.results) - 1


async def test_the_sandbox_waits_for_the_end_of_the_story() -> None:
    async with watching() as watched:
        await watched.until("wait beside them")
        said = await watched.built.controls.act("knock", {"room": PRIVATE.room})
        assert said is not None
        assert said.startswith("First the story")


async def test_in_the_sandbox_a_knock_a_telephone_and_an_unlock_reach_the_second_room() -> None:
    async with stage(Plan()) as built:
        controls, officer = built.controls, built.players.officers[PRIVATE.room]
        controls.has_story = False
        room = {"room": PRIVATE.room}

        assert await controls.act("knock", room) is None
        await officer.until(lambda seen: bool(seen.ringing))
        assert await controls.act("phone", room) is None
        await officer.until(lambda seen: any(p.kind == "phone" and p.where == "left" for p in seen.people))
        assert await controls.act("unlock", room) is None
        await officer.until(lambda seen: "lock-drift" in seen.alerts and seen.lock == "locked")
        assert await controls.act("speed", {"speed": "10"}) is None
        assert await controls.act("speed", {"speed": "1000"}) == "There is no such control."
        assert await controls.act("knock", {"room": "elsewhere"}) == "There is no such room."


async def test_the_booking_system_takes_what_is_signed_once_and_nothing_else() -> None:
    secret = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
    body = json.dumps(
        {"event": "session.ready", "bookingId": "r:1", "sessionId": "s", "seq": 1, "occurredAt": "2026-11-05T10:00:00Z"}
    )
    at = datetime.now(UTC)
    headers = {
        "webhook-id": "s-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("s-1", at, body),
    }
    async with receiving(secret) as receiver, aiohttp.ClientSession() as http:
        answers = []
        for text, signed in ((body, headers), (body, headers), (body + " ", headers), (body, {})):
            async with http.post(receiver.url, data=text, headers=signed) as answer:
                answers.append(answer.status)
        assert answers == [204, 204, 401, 401]
        assert [(told.event, told.booking, told.text) for told in receiver.told] == [("session.ready", "r:1", body)]
        assert receiver.refused == 2
