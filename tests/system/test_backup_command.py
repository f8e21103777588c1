"""`vmrd backup` and `vmrd restore` as ops type them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vmrd.cli import app
from vmrd.store.migrate import migrate

CONFIG = Path(__file__).parents[2] / "config" / "minimal.toml"


def vmrd(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, arguments)
    return answer.exit_code, answer.output


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "vmrd.db"
    migrate(path)
    for name, value in {
        "VMRD_CONFIG": str(CONFIG),
        "VMRD_STORE__PATH": str(path),
        "VMRD_STORE__KEY": "5a" * 32,
        "VMRD_PEXIP__PASSWORD": "sample-password",
    }.items():
        monkeypatch.setenv(name, value)
    return path


def test_there_and_back(database: Path, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.db")
    code, said = vmrd("backup", copy, "--json")
    assert code == 0
    assert json.loads(said)["sessions"] == 0

    code, said = vmrd("restore", copy)
    assert code == 0
    assert f"what was there is now {database}.before-" in said
    assert "everybody is signed out" in said
    assert vmrd("journal", "verify")[0] == 0


def test_what_cannot_be_done_is_one_line_and_exit_code_1(database: Path, tmp_path: Path) -> None:
    for arguments, said in (
        (("backup", str(database)), f"{database} is there already: name a file that is not\n"),
        (
            ("restore", str(tmp_path / "none.db")),
            f"there is no file {tmp_path / 'none.db'}\n",
        ),
    ):
        assert vmrd(*arguments) == (1, said)
