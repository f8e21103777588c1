"""Every wrong configuration of the corpus is told in plain lines without a value, and ends with exit 3."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.configuration.house import RIGHT, Case, cases, furnish
from vmrd.cli import app
from vmrd.config import ConfigError, load


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


def test_the_corpus_is_large_and_every_case_is_of_its_own() -> None:
    names = [case.name for case in cases()]
    assert len(names) == len(set(names)) >= 60
