"""The command, the knobs it takes, and the order in which timers fire."""

import json
import resource
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pexip_mock.cli import main, say
from pexip_mock.clockwork import Clockwork
from pexip_mock.knobs import Knobs
from pexip_mock.refusal import BadKnob
from pexip_mock.server import MockServer


def test_the_mock_runs_alone_says_where_and_stops_when_told(tmp_path: Path) -> None:
    config = tmp_path / "knobs.toml"
    config.write_text('nodes = ["10.9.0.1"]\nreplication_delay_s = 1\n')
    command = [sys.executable, "-m", "pexip_mock", "run", "--fast", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert set(said) == {"management", "nodes", "mock", "page", "user", "password"}
    assert len(said["nodes"]) == 1
    assert said["mock"].startswith(said["management"])


def test_more_connections_are_kept_than_the_usual_limit_of_open_files_allows() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = 100

    def restrict() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, hard))

    command = [sys.executable, "-m", "pexip_mock", "run", "--fast"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=restrict) as process,
        ExitStack() as kept,
    ):
        assert process.stdout is not None
        node = urlsplit(json.loads(process.stdout.readline())["nodes"][0])
        for _ in range(2 * few):
            kept.enter_context(socket.create_connection((node.hostname, node.port)))
        last = HTTPConnection(node.netloc, timeout=10)
        last.request("GET", "/api/client/v2/status")
        assert last.getresponse().status == 200
        last.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.parametrize("content", ["no_such_knob = 1", 'replication_delay_s = "soon"', "not toml"])
def test_a_knob_that_makes_no_sense_is_a_configuration_error(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "knobs.toml"
    config.write_text(content)
    assert main(["run", "--config", str(config)]) == 3
    assert capsys.readouterr().err.startswith("pexip-mock: ")


def test_knobs_take_whole_numbers_for_seconds_and_nothing_else() -> None:
    assert Knobs().changed({"token_ttl_s": 30}).token_ttl_s == 30.0
    with pytest.raises(BadKnob):
        Knobs().changed({"token_ttl_s": True})
    with pytest.raises(BadKnob):
        Knobs().changed({"rate_limit": 1.5})


def test_timers_of_both_lines_fire_in_the_order_of_their_share_of_a_step() -> None:
    clock = Clockwork(1000.0)
    fired: list[tuple[str, float, float]] = []

    def note(name: str) -> None:
        fired.append((name, clock.business, clock.elapsed))

    clock.after_business(90, lambda: note("business at 90%"))
    clock.after_elapsed(5, lambda: note("elapsed at 50%"))
    clock.after_business(10, lambda: note("business at 10%"))
    clock.advance(business=1100, elapsed=10)
    assert fired == [
        ("business at 10%", 1010.0, pytest.approx(1.0)),
        ("elapsed at 50%", pytest.approx(1050.0), 5.0),
        ("business at 90%", 1090.0, pytest.approx(9.0)),
    ]
    assert (clock.business, clock.elapsed) == (1100, 10)


def test_a_timer_may_set_another_within_the_same_step_and_a_cancelled_one_never_fires() -> None:
    clock = Clockwork(0.0)
    fired: list[float] = []
    clock.after_business(1, lambda: clock.after_business(1, lambda: fired.append(clock.business)))
    clock.after_business(1.5, lambda: fired.append(-1)).cancel()
    assert clock.next_due() == (1.0, None)
    clock.advance(business=10)
    assert fired == [2.0]
    assert clock.next_due() == (None, None)


def test_time_never_runs_backwards() -> None:
    clock = Clockwork(100.0, 5.0)
    clock.advance(business=50, elapsed=1)
    assert (clock.business, clock.elapsed) == (100.0, 5.0)


@pytest.mark.asyncio
async def test_a_person_is_told_where_to_be_a_caller(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with MockServer(Knobs.fast()) as server:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        say(server)
        assert f"Be a caller      {server.management_url}/\n" in capsys.readouterr().out
