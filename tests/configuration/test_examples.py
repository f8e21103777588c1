"""The files in `config/`: each loads, the full one and the schema are what the models make, and no key is left out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.configuration.house import tables
from tools import config_example
from vmrd.config import TimingConfig, load, rules_for
from vmrd.config_faults import is_secret, part_at
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.words import Document

CONFIG = config_example.FOLDER
FILES = ("vmrd.toml", "minimal.toml", "demo.toml", "high-security.toml")


@pytest.fixture(autouse=True)
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two secrets that every file leaves to systemd."""
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    (folder / "pexip__password").write_text("sample-password\n")
    (folder / "store__key").write_text("5a" * 32 + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))


def shown() -> Iterator[tuple[str, str, object, bool]]:
    """Table, key and value of every line of the full example, and whether the value is only an example."""
    table, said = "", ""
    for line in config_example.EXAMPLE.read_text().splitlines():
        bare = line.removeprefix("# ")
        if header := re.fullmatch(r"\[\[?([a-z_.]+)\]\]?", bare):
            table, said = header[1], ""
        elif re.match(r"[a-z_]+ = ", bare):
            ((key, value),) = tomllib.loads(bare).items()
            yield table, key, value, not line.startswith("#") or said.endswith("for example:")
            said = ""
        else:
            said = f"{said} {bare}".strip()


@pytest.mark.parametrize("name", FILES)
def test_it_loads_with_its_secrets_from_credentials(name: str) -> None:
    assert load(CONFIG / name).establishments


@pytest.mark.parametrize("name", FILES)
def test_an_editor_finds_nothing_wrong_with_it(name: str) -> None:
    checker = Draft202012Validator(json.loads(config_example.SCHEMA.read_text()))
    assert [error.message for error in checker.iter_errors(tomllib.loads((CONFIG / name).read_text()))] == []


def test_an_editor_finds_a_slip_of_the_pen() -> None:
    checker = Draft202012Validator(json.loads(config_example.SCHEMA.read_text()))
    values: dict[str, Any] = tomllib.loads((CONFIG / "minimal.toml").read_text())
    assert list(checker.iter_errors({**values, "listen": {"prot": 8080}}))
    assert list(checker.iter_errors({**values, "timing": {"open_before": "soon"}}))


def test_the_full_example_and_the_schema_are_what_the_models_make() -> None:
    assert config_example.EXAMPLE.read_text() == config_example.example(), "make config-example"
    assert config_example.SCHEMA.read_text() == config_example.schema(), "make config-example"


def test_the_full_example_has_every_key_of_every_table_once() -> None:
    wanted = [
        (table, key)
        for table, model in tables()
        for key in model.model_fields
        if part_at(model, (key,))[0] is None or key == "directory"
    ]
    assert sorted((table, key) for table, key, _, _ in shown()) == sorted(wanted)


def test_a_default_shown_is_the_models_own() -> None:
    by_name = dict(tables())
    compared = 0
    for table, key, value, is_example in shown():
        model = by_name[table]
        field = model.model_fields[key]
        if is_example or is_secret(field) or field.is_required():
            continue
        default = getattr(Rules(), key) / 1_000 if model is TimingConfig else field.default
        assert json.loads(json.dumps(default)) == value, (table, key)
        compared += 1
    assert compared > 60


def test_every_setting_says_what_it_is() -> None:
    assert [
        (table, key) for table, model in tables() for key, field in model.model_fields.items() if not field.description
    ] == []


def test_the_high_security_prison_admits_one_by_one_and_wants_more_seen() -> None:
    rules = rules_for(load(CONFIG / "high-security.toml"), "BAI")
    assert rules.opening_locked_first
    assert rules.encryption_required
    assert rules.unexpected_hosts_removed
    assert rules.open_before == 1_800_000
    assert rules.id_profile.also == {Document.PASSPORT, Document.PHOTO_DRIVING_LICENCE}
    assert rules.id_profile.in_advance
