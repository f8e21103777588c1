"""`vmrd check-config` as a command: how it ends, what a program gets, and that it changes nothing here either."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.check.estate import KEY
from tests.settings import least
from vmrd.cli import app
from vmrd.demo.as_toml import as_toml
from vmrd.store.migrate import migrate


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration that is right, with its database."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    migrate(tmp_path / "vmrd.db")
    values = least(store={"path": str(tmp_path / "vmrd.db"), "key": KEY}, listen={"port": 0, "ops_port": 0})
    path = tmp_path / "vmrd.toml"
    path.write_text(as_toml(values), "utf-8")
    path.chmod(0o600)
    return path


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, ["check-config", *arguments], env=environment)


def test_warnings_alone_are_no_failure(file: Path) -> None:
    done = run("--config", str(file), "--offline")
    assert (done.exit_code, "  warn        senders" in done.stdout) == (0, True)


def test_a_program_gets_one_object(file: Path) -> None:
    told = json.loads(run("--config", str(file), "--offline", "--json").stdout)
    assert told["ready"] is True
    assert sum(told["summary"].values()) == sum(len(group["lines"]) for group in told["groups"])


def test_what_will_not_work_ends_with_one(file: Path) -> None:
    (file.parent / "vmrd.db").unlink()
    done = run("--config", str(file), "--offline")
    assert done.exit_code == 1
    assert "make it with vmrd migrate" in done.stdout
    assert not (file.parent / "vmrd.db").exists()


def test_a_configuration_that_does_not_load_ends_with_three_and_every_fault_is_a_line(file: Path) -> None:
    file.write_text(file.read_text().replace("domain", "domian").replace("code", "kode"))
    done = run("--config", str(file), "--json")
    told = json.loads(done.stdout)
    (group,) = told["groups"]
    faults = [line["found"] for line in group["lines"] if line["verdict"] == "fail"]
    assert done.exit_code == 3
    assert all(any(word in fault for fault in faults) for word in ("domian", "pexip.domain", "kode"))


@pytest.mark.parametrize(("old", "new"), [(KEY, "aa"), ("[pexip]", "[pexip")])
def test_a_key_that_is_none_and_a_file_that_is_no_toml_are_the_configurations_fault(
    file: Path, old: str, new: str
) -> None:
    file.write_text(file.read_text().replace(old, new))
    assert run("--config", str(file), "--offline").exit_code == 3


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = run("--config", str(tmp_path / "none.toml"), "--offline")
    assert (done.exit_code, "cannot read" in done.stdout) == (3, True)


def test_an_administrator_needs_a_password_which_is_no_argument(file: Path) -> None:
    done = run("--config", str(file), "--administrator", "admin", PEXIP_ADMINISTRATOR_PASSWORD="")
    assert (done.exit_code, "PEXIP_ADMINISTRATOR_PASSWORD" in done.stderr) == (2, True)
    assert run("--config", str(file), "--administrator", "admin", "--offline").exit_code == 2


def test_no_file_is_made_changed_or_left_behind(file: Path) -> None:
    def files() -> dict[str, bytes]:
        return {name: (file.parent / name).read_bytes() for name in os.listdir(file.parent)}

    before = files()
    assert run("--config", str(file), "--offline").exit_code == 0
    after = files()
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() <= {"vmrd.db-wal", "vmrd.db-shm"}  # SQLite's own, empty, for a reader
