"""`vmrd watch`: the line to vmrd, and what becomes of each view. Reads only.

The first connection must succeed; a line that is lost later is made again for as long as it takes, after waits that
grow and are never twice the same, so that a hundred terminals do not come back in one moment. Silence is asked about
with `ping`, which is answered once every view has been sent: that is how `--once` knows that it has them all.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.live import Live
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from vmrd.terminal_board import Drawing, Told
from vmrd.web.live import NOW_HEADER, SIGNED_OUT
from vmrd.web.view_shapes import SessionView

_SILENCE = 2.0
_DEAD_AFTER = 5.0
_CONNECT_WITHIN = 10.0
_WAITS = (0.5, 1.0, 2.0, 5.0, 10.0)
_CHANCE = random.SystemRandom()
_DRAW_EVERY = 0.5
_SETTLE = 0.05
"""Views that come together are drawn together."""

_PING, _PONG = "ping", "pong"
Hear = Callable[[str], object]
"""What is done with each view."""


class Unreachable(Exception):
    """Nobody answers there."""


class Refused(Exception):
    """vmrd answered and will not show it; says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which vmrd, as whom, and of which establishment (None: of all the caller may see). Raises ValueError."""

    url: str
    token: str = field(repr=False)
    establishment: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not an http or https address")

    @property
    def address(self) -> str:
        """Where its views come from."""
        query = f"?establishment={quote(self.establishment)}" if self.establishment is not None else ""
        return f"{self.url.replace('http', 'ws', 1).rstrip('/')}/v1/live{query}"


class _Straight(connect):
    """Follows nobody elsewhere: the token is for the address it was given for."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def follow(target: Target, console: Console) -> None:
    """Show the board until interrupted. Raises `Unreachable` or `Refused`."""
    told, changed = Told(), asyncio.Event()

    def drawn() -> Drawing:
        return Drawing(told, time.monotonic())

    def hear(text: str) -> None:
        _take(told, text)
        changed.set()

    async def draw(screen: Live) -> None:
        while True:
            screen.update(drawn(), refresh=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAW_EVERY):
                    await changed.wait()
            changed.clear()
            await asyncio.sleep(_SETTLE)

    # Transient: what stays on a screen after the end must not look as if somebody still proved it.
    with Live(drawn(), console=console, auto_refresh=False, transient=True) as screen:
        tasks = [asyncio.create_task(_keep(target, told, hear, changed.set)), asyncio.create_task(draw(screen))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def print_once(target: Target, console: Console) -> None:
    """Print the board as it stands now. Raises `Unreachable` or `Refused`."""
    told = Told()
    await _once(target, told, lambda text: _take(told, text))
    console.print(Drawing(told, time.monotonic(), photograph=True))


async def print_views(target: Target, *, once: bool) -> None:
    """Print each view as a line of JSON, as it comes. Raises `Unreachable` or `Refused`."""
    if once:
        await _once(target, Told(), typer.echo)
    else:
        await _keep(target, Told(), typer.echo, lambda: typer.echo("the line is lost; trying again", err=True))


def _take(told: Told, text: str) -> None:
    try:
        view = SessionView.model_validate_json(text)
    except ValidationError:
        raise Refused("the vmrd there is of another release than this command") from None
    told.take(view, time.monotonic())


async def _once(target: Target, told: Told, hear: Hear) -> None:
    async with _open(target, told) as line:
        try:
            while (text := await _said(line)) != _PONG:
                hear(text)
        except (ConnectionClosed, TimeoutError):
            raise Unreachable from None
    told.complete()


async def _keep(target: Target, told: Told, hear: Hear, lost: Callable[[], object]) -> None:
    """Hear everything, for ever. Raises `Unreachable` where even the first line could not be made."""
    tries = 0
    while True:
        began = time.monotonic()
        try:
            async with _open(target, told) as line:
                await _hear_all(line, told, hear)
        except Unreachable:
            if told.heard is None:
                raise
        if told.holds:
            told.lost()
            lost()
        tries = 0 if time.monotonic() - began > _DEAD_AFTER else tries + 1
        await asyncio.sleep(_WAITS[min(tries, len(_WAITS) - 1)] * _CHANCE.uniform(0.5, 1.5))


async def _hear_all(line: ClientConnection, told: Told, hear: Hear) -> None:
    """Until the line is lost, or silent for so long that it must be."""
    silent = 0.0
    while silent < _DEAD_AFTER:
        try:
            text = await _said(line, _SILENCE)
        except TimeoutError:
            silent += _SILENCE
            with suppress(ConnectionClosed):
                await line.send(_PING)
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code == SIGNED_OUT:
                raise Refused("the token is no longer good") from None
            return
        else:
            silent = 0.0
            told.hear(time.monotonic())
            told.complete() if text == _PONG else hear(text)


async def _said(line: ClientConnection, within: float = _CONNECT_WITHIN) -> str:
    async with asyncio.timeout(within):
        text = await line.recv()
    return text if isinstance(text, str) else text.decode()


@asynccontextmanager
async def _open(target: Target, told: Told) -> AsyncIterator[ClientConnection]:
    """A line, known to be vmrd's. Raises `Unreachable` or `Refused`."""
    try:
        line = await _Straight(
            target.address,
            additional_headers={"Authorization": f"Bearer {target.token}"},
            compression=None,
            open_timeout=_CONNECT_WITHIN,
            close_timeout=1.0,
        )
    except InvalidStatus as refused:
        raise _refusal(refused.response.status_code) from None
    except (OSError, InvalidHandshake, InvalidMessage):
        raise Unreachable from None
    try:
        server = line.response.headers.get(NOW_HEADER) if line.response is not None else None
        if server is None:
            raise Refused("what answers there is not a vmrd of this release")
        told.connected(server, time.monotonic())
        with suppress(ConnectionClosed):
            await line.send(_PING)
        yield line
    finally:
        await line.close()


def _refusal(status: int) -> Unreachable | Refused:
    match status:
        case 401:
            return Refused("the token is not good")
        case 403:
            return Refused("this role may not watch")
        case 404:
            return Refused("there is no such establishment")
        case _ if status < 500:
            return Refused(f"vmrd answered {status}")
        case _:
            return Unreachable()
