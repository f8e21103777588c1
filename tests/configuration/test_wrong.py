"""Every wrong configuration of the corpus is told in plain lines without a value, and ends with exit 3."""

from __future__ import annotations

import json
import math
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.configuration.house import RIGHT, Case, cases, furnish, tables
from vmrd.cli import app
from vmrd.config import ConfigError, from_values, load
from vmrd.config_faults import CANNOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("configuration")
    furnish(made)
    return made


def written(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The case's file beside those it names, with its environment and credentials."""
    for name, value in case.env.items():
        monkeypatch.setenv(name, value)
    credentials = folder / "credentials" / case.name
    credentials.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, held in case.credential.items():
        (credentials / name).write_bytes(held.encode("latin-1"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    file = folder / "vmrd.toml"
    file.write_text(case.text(folder))
    return file


def test_the_file_all_cases_begin_with_is_right(folder: Path) -> None:
    file = folder / "right.toml"
    file.write_text(RIGHT)
    assert load(file).listen.port == 8080


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_wrong_configuration_is_told_line_by_line_and_refused(
    case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(case, folder, monkeypatch)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert tuple(str(refused.value).replace(str(folder), "{tmp}").splitlines()) == case.says
    assert "canary" not in str(refused.value).lower()
    for command in ("run", "migrate"):
        ended = CliRunner().invoke(app, [command, "--config", str(file)])
        assert (ended.exit_code, ended.stderr.replace(str(folder), "{tmp}")) == (3, "\n".join(case.says) + "\n")


def faults_with(*path: str, value: object) -> list[str]:
    """What is said of the right file with this value at one place; a list of tables is its first entry."""
    values = tomllib.loads(RIGHT)
    at: Any = values
    for step in path[:-1]:
        at = at.setdefault(step, {})
        at = at[0] if isinstance(at, list) else at
    at[path[-1]] = value
    try:
        from_values(values)
    except ConfigError as refused:
        return str(refused).splitlines()
    return []


VALUES = (
    True,
    -5,
    10**30,
    1.5,
    math.inf,
    "canary",
    "",
    "canary\0",
    [],
    [[]],
    ["canary"],
    {},
    {"canary": 1},
    date(2026, 1, 1),
)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_whatever_stands_at_any_key_is_taken_or_told_in_words_of_ours(value: object) -> None:
    for table, model in tables():
        for key in model.model_fields:
            path = (*(table.split(".") if table else ()), key)
            for said in faults_with(*path, value=value):
                where, _, sentence = said.partition(": ")
                assert where
                assert sentence
                assert CANNOT not in sentence, said
                assert "canary" not in sentence.lower(), said


def test_senders_can_be_a_credential_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    (folder / "senders").write_text(json.dumps([{"system": "other", "token": "t" * 32}]))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    (sender,) = from_values(tomllib.loads(RIGHT)).senders
    assert sender.system == "other"


def test_a_certificate_can_be_a_credential(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "credentials"
    given.mkdir(mode=0o700)
    for name in ("panel.pem", "panel.key"):
        (given / name).write_bytes((folder / name).read_bytes())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    listen = {"host": "192.0.2.20", "tls_certificate": "panel.pem", "tls_key": "panel.key"}
    assert from_values({**tomllib.loads(RIGHT), "listen": listen}).listen.tls == (
        given / "panel.pem",
        given / "panel.key",
    )


def test_a_credential_that_everybody_can_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "sink__password").write_text("canary")
    (folder / "sink__password").chmod(0o644)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    with pytest.raises(ConfigError) as refused:
        from_values(tomllib.loads(RIGHT))
    assert str(refused.value) == ("credential sink__password: can be read by everybody on this machine; chmod 0400 it")


def test_the_corpus_is_large_and_every_case_is_of_its_own() -> None:
    names = [case.name for case in cases()]
    assert len(names) == len(set(names)) >= 60
