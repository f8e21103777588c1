"""What nobody allowed is in no line of the log: neither ours nor a library's."""

from __future__ import annotations

import ast
import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import typer

import vmrd
from vmrd.console import work
from vmrd.logging import ALLOWED, configure


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = hook
    structlog.reset_defaults()


def test_a_key_that_is_not_on_the_list_is_dropped_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    structlog.get_logger("vmrd").info("ready", session="s1", name="Jane Canary", pin="4711", telephone="01632 960123")
    said = capsys.readouterr().err
    line = json.loads(said)
    assert (line["event"], line["session"], line["dropped"]) == ("ready", "s1", 3)
    for canary in ("Canary", "4711", "960123"):
        assert canary not in said


def test_nothing_that_vmrd_itself_says_is_dropped() -> None:
    said = set[tuple[str, str]]()
    for file in Path(vmrd.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                said |= {(file.name, each.arg) for each in node.keywords if each.arg is not None}
    assert len(said) > 50
    assert {each for each in said if each[1] not in ALLOWED} == set()


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


_SPEAKS = """
import structlog
from vmrd.logging import configure
configure("debug")
log = structlog.get_logger("vmrd")
log.debug("quiet"); log.info("ready"); log.warning("odd"); log.error("session_fault")
def breaks():
    raise ValueError("Jane Canary")
try:
    breaks()
except ValueError as bad:
    raise ExceptionGroup("Jane Canary", [bad, TimeoutError("4711")])
"""


def spoken(*, to_the_journal: bool) -> list[str]:
    """What a process wrote whose stderr is a pipe to the journal, or to somebody else."""
    reading, writing = os.pipe()
    pipe = os.fstat(writing)
    stream = f"{pipe.st_dev}:{pipe.st_ino}" if to_the_journal else "1:1"
    process = subprocess.Popen(
        [sys.executable, "-c", _SPEAKS], env={**os.environ, "JOURNAL_STREAM": stream}, stderr=writing
    )
    os.close(writing)
    with os.fdopen(reading) as pipe_end:
        lines = pipe_end.read().splitlines()
    assert process.wait(30) == 1
    return lines


def test_the_journal_is_told_how_grave_each_line_is() -> None:
    lines = spoken(to_the_journal=True)
    assert [line[:3] for line in lines] == ["<7>", "<6>", "<4>", "<3>", "<2>", "<2>"]
    assert [json.loads(line[3:])["event"] for line in lines[:4]] == ["quiet", "ready", "odd", "session_fault"]


def test_what_nobody_caught_is_one_line_each_by_type_and_place() -> None:
    lines = spoken(to_the_journal=False)
    crashes = [json.loads(line) for line in lines[4:]]
    assert [line["error"] for line in crashes] == ["ValueError", "TimeoutError"]
    assert crashes[0]["at"].endswith("breaks:8")
    assert "Canary" not in "".join(lines)
    assert "4711" not in "".join(lines)


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
    assert ".dies:" in line["at"]
    assert "Canary" not in said
