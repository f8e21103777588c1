"""Where the database is, as the configuration says it, and what is said of a slip."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from vmrd.cli import app
from vmrd.config_store import StoreConfig
from vmrd.store.place import Server

KEY = "5a" * 32
CONFIG = """
[pexip]
management = "https://pexip.example.org"
nodes = ["https://node.example.org"]
password = "unused"
domain = "meet.example.org"
web_join = "https://join.example.org/{{alias}}"

[store]
{store}
key = "{key}"

[[establishments]]
code = "MDI"
name = "Moorland"
"""


def toml(**store: str) -> str:
    return CONFIG.format(store="\n".join(f'{name} = "{value}"' for name, value in store.items()), key=KEY)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "either path"),
        ({"path": "vmrd.db", "url": "postgresql://vmrd@localhost/vmrd"}, "either path"),
        ({"url": "postgresql://vmrd:canary@localhost/vmrd"}, "must not hold the password"),
        ({"url": "postgresql://vmrd@localhost/vmrd?password=canary"}, "must not hold the password"),
        ({"url": "mysql://localhost/vmrd"}, "must begin with postgresql://"),
        ({"url": "postgresql://[canary"}, "is not a URL"),
        ({"url": "postgresql://vmrd@db.example.org/vmrd"}, "leaves this machine"),
        ({"url": "postgresql://vmrd@db.example.org/vmrd?sslmode=prefer"}, "leaves this machine"),
        ({"url": "postgresql://vmrd@/vmrd?host=db.example.org"}, "leaves this machine"),
    ],
)
def test_a_slip_is_named_and_its_value_is_not(values: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        StoreConfig(**values, key=KEY)  # type: ignore[arg-type]
    message = "; ".join(error["msg"] for error in refused.value.errors())
    assert said in message
    assert "canary" not in message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://vmrd@localhost/vmrd",
        "postgresql://vmrd@/vmrd?host=/run/postgresql",
        "postgresql://vmrd@db.example.org/vmrd?sslmode=verify-full",
    ],
)
def test_a_server_is_named_without_its_password(url: str) -> None:
    place = StoreConfig(url=url, password="canary", key=KEY).place  # type: ignore[arg-type]
    assert place == Server(url, "canary")
    assert "canary" not in repr(place)


def test_without_psycopg_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmrd.config_store.find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"pip install 'vmrd\[postgres\]'"):
        StoreConfig(url="postgresql://vmrd@localhost/vmrd", key=KEY)  # type: ignore[arg-type]


def test_a_backup_of_postgresql_points_at_its_own_tool(tmp_path: Path) -> None:
    file = tmp_path / "vmrd.toml"
    file.write_text(toml(url="postgresql://vmrd@127.0.0.1:1/vmrd"))
    result = CliRunner().invoke(app, ["backup", str(tmp_path / "copy.db"), "--config", str(file)])
    assert result.exit_code == 2
    assert "pg_dump" in result.output


@pytest.mark.parametrize(
    "command", [["migrate"], ["journal", "verify"], ["journal", "head"], ["officer", "list"], ["purge", "--dry-run"]]
)
def test_a_server_that_does_not_answer_is_said_in_one_line(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "vmrd.toml"
    file.write_text(toml(url="postgresql://vmrd@127.0.0.1:1/vmrd"))
    result = CliRunner().invoke(app, [*command, "--config", str(file)])
    assert result.exit_code == 1
    assert result.output.strip() == "no PostgreSQL answers at store.url"


def test_a_slip_in_an_option_of_the_url_is_not_taken_for_a_server_that_is_away(tmp_path: Path) -> None:
    file = tmp_path / "vmrd.toml"
    file.write_text(toml(url="postgresql://vmrd@localhost/vmrd?sslmod=verify-full"))
    result = CliRunner().invoke(app, ["migrate", "--config", str(file)])
    assert result.exit_code == 3
    assert "store.url: has an option that PostgreSQL's library does not know" in result.output


def test_moving_over_a_line_in_the_clear_is_refused_in_plain_words(tmp_path: Path) -> None:
    file = tmp_path / "vmrd.toml"
    file.write_text(toml(path=str(tmp_path / "vmrd.db")))
    to = "postgresql://vmrd@db.example.org/vmrd"
    result = CliRunner().invoke(app, ["migrate", "--copy-to", to, "--config", str(file)])
    assert result.exit_code == 2
    assert result.output.startswith("--copy-to: leaves this machine, and would carry names in the clear")


def test_moving_to_a_url_with_a_password_in_it_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "vmrd.toml"
    file.write_text(toml(path=str(tmp_path / "vmrd.db")))
    to = "postgresql://vmrd:canary@localhost/vmrd"
    result = CliRunner().invoke(app, ["migrate", "--copy-to", to, "--config", str(file)])
    assert result.exit_code == 2
    assert "must not hold the password" in result.output
    assert "canary" not in result.output
