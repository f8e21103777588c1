"""What nobody allowed is in no line of the log: neither ours nor a library's."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
import typer

from vmrd.console import work
from vmrd.logging import configure


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_key_that_is_not_on_the_list_is_dropped_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    structlog.get_logger("vmrd").info("ready", session="s1", name="Jane Canary", pin="4711", telephone="01632 960123")
    said = capsys.readouterr().err
    line = json.loads(said)
    assert (line["event"], line["session"], line["dropped"]) == ("ready", "s1", 3)
    for canary in ("Canary", "4711", "960123"):
        assert canary not in said


def test_a_librarys_text_and_an_exceptions_text_are_not_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    try:
        raise ValueError("Jane Canary")
    except ValueError:
        logging.getLogger("some.library").exception("refused Jane Canary with %s", "4711")
    said = capsys.readouterr().err
    line = json.loads(said)
    assert (line["event"], line["what"], line["error"]) == ("library", "some.library", "ValueError")
    assert "Canary" not in said
    assert "4711" not in said


def test_a_daemon_that_dies_says_of_what_and_where_and_not_in_the_exceptions_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def dies() -> None:
        async with asyncio.TaskGroup():
            raise KeyError("Jane Canary, 4711")

    configure()
    with pytest.raises(typer.Exit) as ended:
        work(dies)
    said = capsys.readouterr().err
    line = json.loads(said)
    assert ended.value.exit_code == 1
    assert (line["event"], line["error"]) == ("ended_by_fault", "KeyError")
    assert line["at"].startswith("dies:")
    assert "Canary" not in said
