"""The install page and the Containerfile name only what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from vmrd.cli import app
from vmrd.config import load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "install.md").read_text()
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
COMMANDS = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def test_every_file_the_commands_take_is_there() -> None:
    named = set(re.findall(r"(?<![\w/])(?:deploy|config|requirements)/[\w./-]+", COMMANDS))
    assert {"deploy/systemd/vmrd.service", "config/minimal.toml", "requirements/run.txt"} <= named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_command_of_vmrd_it_gives_is_one() -> None:
    known = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    known |= {str(group.name) for group in app.registered_groups}
    given = set(re.findall(r"^(?:vmrdctl|podman run --rm \S+ vmrd) ([a-z-]+)", COMMANDS, re.MULTILINE))
    assert {"migrate", "officer"} <= given <= known


def test_the_units_start_what_the_page_installs() -> None:
    unit = (ROOT / "deploy/systemd/vmrd.service").read_text()
    assert "ExecStart=/opt/vmrd/bin/vmrd run --config /etc/vmrd/vmrd.toml\n" in unit
    for credential in re.findall(r"^LoadCredential=(\w+):(\S+)$", unit, re.MULTILINE):
        assert credential[1] == f"/etc/vmrd/credentials/{credential[0]}"
        assert credential[1] in COMMANDS


def test_the_configuration_it_begins_with_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pexip__password").write_text("unused\n")
    (tmp_path / "store__key").write_text("11" * 32 + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert load(ROOT / "config" / "minimal.toml").establishments[0].code == "MDI"


def test_the_container_is_made_of_what_is_let_into_it() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied: list[str] = []
    for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE):
        copied += shlex.split(line)[:-1]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in let_in, source


def test_the_container_runs_as_nobody_in_particular_and_says_whether_it_lives() -> None:
    last = CONTAINERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)
    assert "http://127.0.0.1:9180/healthz" in last
