"""`vmrd watch` against a real vmrd: what it prints, how it ends, and a line that is lost and comes back."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from rich.console import Console
from typer.testing import CliRunner

from tests.web.house import BOOKER, OFFICER, STRANGER, House, soon, until
from vmrd import terminal
from vmrd.cli import app
from vmrd.web.live import OPEN_SOCKETS, SIGNED_OUT

pytestmark = pytest.mark.asyncio


def base(home: House) -> str:
    return str(home.client.make_url("")).rstrip("/")


async def watch(*arguments: str, token: str = OFFICER) -> tuple[int, str, str]:
    """Exit code, output and errors of one run."""
    result = await asyncio.to_thread(CliRunner().invoke, app, ["watch", *arguments], env={"VMRD_TOKEN": token})
    return result.exit_code, result.stdout, result.stderr


async def test_once_prints_the_board_and_ends(home: House) -> None:
    await home.booked()
    code, printed, _ = await watch("--url", base(home), "--once")
    assert code == 0
    assert printed.startswith("As at 09:00:00")
    assert "Video room 1" in printed


async def test_once_with_nothing_booked_says_so(home: House) -> None:
    code, printed, _ = await watch("--url", base(home), "--once")
    assert (code, printed.splitlines()[-1]) == (0, "No video meetings today.")


async def test_for_programs_each_view_is_a_line(home: House) -> None:
    sessions = await home.booked()
    code, printed, _ = await watch("--url", base(home), "--json", "--once")
    views = [json.loads(line) for line in printed.splitlines()]
    assert code == 0
    assert {view["id"] for view in views} == set(sessions.values())
    assert views[0].keys() == (await home.view(views[0]["id"])).keys()


async def test_only_the_establishment_that_was_asked_for_is_shown(home: House) -> None:
    await home.booked()
    for chosen, token, code in (("MDI", OFFICER, 0), ("HII", STRANGER, 0), ("HII", OFFICER, 1)):
        ended, printed, said = await watch("--url", base(home), "--once", "--establishment", chosen, token=token)
        assert ended == code
        assert ("Video room 1" in printed) == (chosen == "MDI")
        assert ("there is no such establishment" in said) == bool(code)


@pytest.mark.parametrize(("token", "why"), [("nobody", "the token is not good"), (BOOKER, "this role may not watch")])
async def test_who_may_not_watch_is_told_why(home: House, token: str, why: str) -> None:
    assert await watch("--url", base(home), "--once", token=token) == (1, "", f"{why}\n")


async def test_where_nobody_answers_it_ends_at_once_with_its_own_code(unused_tcp_port: int) -> None:
    for mode in ("--once", "--json"):
        code, printed, said = await watch("--url", f"http://127.0.0.1:{unused_tcp_port}", mode)
        assert (code, printed, said) == (4, "", "vmrd does not answer there\n")


@pytest.mark.parametrize("url", ["ftp://example.org", "127.0.0.1:8080", "http://"])
async def test_an_address_that_is_none_is_a_matter_of_usage(url: str) -> None:
    assert (await watch("--url", url, "--once"))[0] == 2


async def test_the_token_is_never_an_argument_and_its_lack_is_a_matter_of_usage() -> None:
    assert (await watch("--once", token=""))[0] == 2
    assert (await watch("--token", OFFICER))[0] == 2


async def test_the_token_may_be_a_credential(
    home: House, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path_factory.mktemp("credentials")
    (credentials / "watch__token").write_text(f"{OFFICER}\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert (await watch("--url", base(home), "--once", token=""))[0] == 0


@asynccontextmanager
async def answering(answer: web.StreamResponse) -> AsyncIterator[str]:
    """A server that always answers so, and its address."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return answer

    app = web.Application()
    app.router.add_get("/v1/live", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_token_is_not_carried_to_where_a_server_points(home: House) -> None:
    elsewhere = web.Response(status=307, headers={"Location": f"{base(home)}/v1/live"})
    async with answering(elsewhere) as url:
        assert (await watch("--url", url, "--once"))[::2] == (1, "vmrd answered 307\n")


async def test_a_proxy_without_a_vmrd_behind_it_counts_as_not_reachable() -> None:
    async with answering(web.Response(status=502)) as url:
        assert (await watch("--url", url, "--once"))[0] == 4


class Screen(io.StringIO):
    """A terminal: what was written on it since one last looked."""

    def isatty(self) -> bool:
        return True

    async def shows(self, words: str) -> None:
        async def found() -> bool | None:
            return words in self.getvalue() or None

        await until(found)
        self.seek(0)
        self.truncate()


@asynccontextmanager
async def board(home: House) -> AsyncIterator[tuple[Screen, asyncio.Task[None]]]:
    """The live board on a screen of its own."""
    screen = Screen()
    console = Console(file=screen, width=150, force_terminal=True)
    task = asyncio.create_task(terminal.follow(terminal.Target(base(home), OFFICER), console))
    try:
        yield screen, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_live_board_follows_every_change(home: House) -> None:
    session = await home.ready()
    async with board(home) as (screen, _):
        await screen.shows("Being prepared")
        await home.pressed(session, "open")
        await screen.shows("Opening")


async def test_a_line_that_is_lost_is_said_at_once_and_made_again(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_WAITS", (0.3,))
    await home.booked()
    async with board(home) as (screen, _):
        await screen.shows("Live 09:00:")
        for socket in list(home.client.app[OPEN_SOCKETS].those):
            await socket.close()
        await screen.shows("NOT LIVE since 09:00:")
        await screen.shows("\nVideo room 1")


async def test_a_line_that_says_nothing_is_asked_and_then_given_up(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "_WAITS", (0.01,))
    monkeypatch.setattr(terminal, "_SILENCE", 0.1)
    monkeypatch.setattr(terminal, "_DEAD_AFTER", 0.2)
    async with board(home) as (screen, _):
        await screen.shows("Live 09:00:")
        home.deps.hub._loaded.clear()  # a vmrd that takes the line and then cannot answer
        for socket in list(home.client.app[OPEN_SOCKETS].those):
            await socket.close()
        await screen.shows("NOT LIVE since 09:00:")
        home.deps.hub._loaded.set()
        await screen.shows("Live 09:00:")


async def test_who_is_signed_out_is_told_and_the_command_ends(home: House) -> None:
    async with board(home) as (screen, task):
        await screen.shows("Live 09:00:")
        for socket in list(home.client.app[OPEN_SOCKETS].those):
            await socket.close(code=SIGNED_OUT)
        with pytest.raises(terminal.Refused, match="no longer good"):
            await soon(task)
