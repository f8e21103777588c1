"""What a viewer of the rehearsal finds below every screen: the next press, "Play it for me", and the sandbox.

The panel offers a place for trusted markup and passes on what its forms are sent (`vmrd.web.panel.demo`). A script
of our own fetches the markup again as the story goes on. Without the script the forms work too, and reloading shows
how far the story is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import aiohttp
from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vmrd.demo import cast
from vmrd.demo.crowd import NotTaken
from vmrd.demo.play import Play
from vmrd.demo.receiver import CallbackReceiver
from vmrd.demo.steps import Players
from vmrd.web.caller import Caller
from vmrd.web.panel.demo import DEMO, DemoControls
from vmrd.web.panel.pages import officer
from vmrd.web.routes import DEPS

AWAY_FOR = 30.0
"""Seconds for which Pexip stays away when the viewer sends it away."""
SPEEDS = (1, 10)
_HERE = Path(__file__).parent / "static"
_FILES = {"controls.js": "text/javascript", "controls.css": "text/css"}
_TOLD = 3


@dataclass(slots=True)
class Controls:
    """Put on the main application by `furnish`; comes to life with `players`, once the stage is set.

    `play` is there from the first sign-in on, where there is a story to play.
    """

    receiver: CallbackReceiver
    has_story: bool = True
    players: Players | None = None
    play: Play | None = None
    demo_code: str = ""
    signed_in: asyncio.Event = field(default_factory=asyncio.Event)
    speed: int = 1
    away: bool = False
    _away_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _strangers: cycle[str] = field(default_factory=lambda: cycle(cast.SANDBOX_STRANGERS))

    def furnish(self, app: web.Application) -> None:
        """Hang the controls into the panel."""
        deps = app[DEPS]
        self.demo_code = deps.demo_code or ""
        app[DEMO] = DemoControls(self.markup, self.act)

        async def fragment(request: web.Request) -> web.Response:
            caller = await officer(request, deps)
            return web.Response(text=self.markup(caller), content_type="text/html")

        app.router.add_get("/panel/demo", fragment)
        for name, kind in _FILES.items():
            app.router.add_get(f"/panel/demo/{name}", _file(name, kind))

    async def run(self) -> None:
        """Bring Pexip back after a while, whenever it was sent away."""
        while True:
            await self._away_wanted.wait()
            self._away_wanted.clear()
            assert self.players is not None
            await self.players.crowd.away(True)
            self.away = True
            try:
                await asyncio.sleep(AWAY_FOR)
            finally:
                self.away = False
            await self.players.crowd.away(False)

    def markup(self, caller: Caller) -> Markup:
        """The controls as they stand; who looks at them has signed in."""
        self.signed_in.set()
        play = self.play
        return Markup(  # noqa: S704  # a template of our own, with autoescape
            _TEMPLATE.render(
                csrf=caller.csrf or "",
                play=play,
                step=play.waiting_for if play is not None else None,
                why=play.why if play is not None else None,
                sandbox=self._free(),
                rooms=[(room, cast.room_name(room)) for room in cast.ROOMS],
                target=cast.PRIVATE.room if play is not None else cast.YOURS.room,
                speeds=SPEEDS,
                speed=self.speed,
                away=self.away,
                told=list(self.receiver.told)[-_TOLD:],
            )
        )

    async def act(self, name: str, given: Mapping[str, str]) -> str | None:
        """A press of one of the controls; a sentence when it was not done."""
        if self.players is None:
            return "The stage is still being set."
        if self.play is not None and not self.play.over:
            return _steer(self.play, name)
        if not self._free():
            return "The story begins in a moment."
        try:
            return await self._disturb(self.players, name, given)
        except NotTaken as refused:
            return "Nobody answers under that link." if refused.status == 404 else "The mock did not take it."
        except aiohttp.ClientError:
            return "The mock did not take it."

    def _free(self) -> bool:
        """Whether the viewer may do as they like: there is no story, or it is over."""
        return self.players is not None and (not self.has_story if self.play is None else self.play.over)

    async def _disturb(self, players: Players, name: str, given: Mapping[str, str]) -> str | None:
        room = given.get("room", "")
        if name in ("knock", "phone", "unlock") and room not in players.aliases:
            return "There is no such room."
        match name:
            case "knock":
                await players.crowd.browser(players.aliases[room], next(self._strangers))
            case "phone":
                await players.crowd.phone(players.aliases[room], cast.PHONE)
            case "unlock":
                if (await players.officers[room].look()).room is None:
                    return "That prison room is not connected."
                await players.crowd.press_keys(players.aliases[room], room, "*7")
            case "away":
                self._away_wanted.set()
            case "speed" if given.get("speed") in {str(each) for each in SPEEDS}:
                self.speed = int(given["speed"])
                await players.crowd.clock_rate(self.speed)
            case _:
                return "There is no such control."
        return None


def _steer(play: Play, name: str) -> str | None:
    match name:
        case "play":
            play.play_it()
        case "all":
            play.play_all()
        case "skip":
            play.skip()
        case _:
            return "First the story; these controls are for afterwards."
    return None


def _file(name: str, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    body = (_HERE / name).read_bytes()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8", headers={hdrs.CACHE_CONTROL: "no-cache"})

    return answer


_TEMPLATE = Environment(
    loader=FileSystemLoader(_HERE.parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
).get_template("controls.html")
