"""The configuration: the examples load, every fault is named at once, and nothing secret is ever in its text."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from vmrd.config import ConfigError, TimingConfig, from_values, load, rules_for
from vmrd.lifecycle.rules import Rules
from vmrd.opening_hours import hours_of

CONFIG = Path(__file__).parent.parent / "config"


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files as systemd's LoadCredential puts them there."""
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    (folder / "pexip__password").write_text("sample-password\n")
    (folder / "store__key").write_text("5a" * 32 + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_secrets_come_from_credentials(credentials: Path) -> None:
    config = load(CONFIG / "minimal.toml")
    assert config.pexip.password.get_secret_value() == "sample-password"
    assert config.store.key.get_secret_value() == "5a" * 32


def test_the_directory_is_found_beside_the_file_that_names_it(credentials: Path) -> None:
    assert load(CONFIG / "vmrd.toml").directory.by_code["DHI"].name == "Drake Hall"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("directory = 3", "directory: give the name of a file"),
        ('directory = "nowhere.toml"', "cannot read"),
    ],
)
def test_a_directory_that_cannot_be_read_is_said(line: str, said: str, tmp_path: Path, credentials: Path) -> None:
    (tmp_path / "vmrd.toml").write_text(line + "\n" + (CONFIG / "minimal.toml").read_text())
    with pytest.raises(ConfigError, match=said):
        load(tmp_path / "vmrd.toml")


def test_the_environment_is_stronger_than_the_file(credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMRD_LISTEN__PORT", "18080")
    assert load(CONFIG / "minimal.toml").listen.port == 18080


def test_an_establishment_overrides_the_estates_timing(credentials: Path) -> None:
    values = tomllib.loads((CONFIG / "minimal.toml").read_text())
    own = {"code": "BAI", "name": "HMP Example Two", "timing": {"open_before": 1800}}
    config = from_values({**values, "timing": {"open_before": 600}, "establishments": [*values["establishments"], own]})
    assert rules_for(config, "MDI").open_before == 600_000
    assert rules_for(config, "BAI").open_before == 1_800_000
    assert rules_for(config, "NOWHERE") == Rules()


def test_every_timing_is_a_duration_of_the_rules_by_the_same_name() -> None:
    durations = {field.name for field in fields(Rules) if field.type == "int"}
    assert set(TimingConfig.model_fields) <= durations


def test_all_faults_are_named_at_once_and_no_value_is_shown(credentials: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        from_values(
            {
                "pexip": {"management": "https://x.example.org", "nodes": [], "domain": "d", "web_join": "w"},
                "store": {"path": "/tmp/x.db", "key": "canary-key"},
                "establishments": [{"code": "lower", "name": "x"}],
                "listne": {"port": 1},
            }
        )
    text = str(refused.value)
    assert "pexip.nodes" in text
    assert "establishments.0.code" in text
    assert "listne" in text
    assert "canary" not in text


ADAPTER = {
    "system": "bvls",
    "base_url": "https://bvls.example.org",
    "token_url": "https://sign-in.example.org/oauth/token",
    "client_id": "vmrd",
}


def with_adapter(**changes: object) -> dict[str, Any]:
    """The least with a changed adapter of Book a Video Link."""
    values = tomllib.loads((CONFIG / "minimal.toml").read_text())
    sender = {"system": "bvls", "token": "t" * 32, "authority": "upstream"}
    return {**values, "senders": [sender], "adapters": {"bvls": {**ADAPTER, **changes}}}


def test_an_adapters_secrets_come_from_credentials(credentials: Path) -> None:
    (credentials / "adapters__bvls__client_secret").write_text("sample-client-secret\n")
    (credentials / "adapters__bvls__secret").write_text("sample-secret-of-the-queue\n")
    adapter = from_values(with_adapter()).adapters.bvls
    assert adapter is not None
    assert adapter.client_secret.get_secret_value() == "sample-client-secret"
    assert adapter.secret.get_secret_value() == "sample-secret-of-the-queue"


def test_the_secrets_of_signing_in_come_from_credentials(credentials: Path) -> None:
    (credentials / "sign_in__oidc__client_secret").write_text("sample-secret\n")
    (credentials / "sign_in__sealed__password_hash").write_text("$argon2id$v=19$sample\n")
    values = tomllib.loads((CONFIG / "minimal.toml").read_text())
    oidc = {
        "issuer": "https://sign-in.example.org/auth",
        "client_id": "vmrd",
        "redirect_url": "https://vmrd.example.org/sign-in/callback",
        "all_establishments": True,
    }
    sign_in = from_values({**values, "sign_in": {"mode": "oidc", "oidc": oidc}}).sign_in
    assert sign_in.oidc is not None
    assert sign_in.oidc.client_secret is not None
    assert sign_in.oidc.client_secret.get_secret_value() == "sample-secret"
    assert sign_in.sealed is not None
    assert sign_in.sealed.role == "supervisor"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"system": "nobody"}, 'bvls needs a sender of its system with authority = "upstream"'),
        ({"base_url": "http://bvls.example.org"}, "adapters.bvls.base_url"),
        ({"token_url": "file:///etc/passwd"}, "adapters.bvls.token_url"),
        ({"token_url": "https:///token"}, "adapters.bvls.token_url"),
        ({"secret": "canary-short"}, "adapters.bvls.secret"),
        ({"client_secret": ""}, "adapters.bvls.client_secret"),
    ],
)
def test_an_adapter_that_could_not_work_or_would_leak_is_refused(
    changes: dict[str, str], said: str, credentials: Path
) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        from_values(with_adapter(**{"client_secret": "sample", "secret": "sample-secret-of-the-queue", **changes}))
    assert "canary" not in str(refused.value)


def with_hours(hours: object) -> dict[str, object]:
    return {
        "pexip": {
            "management": "https://x.example.org",
            "nodes": ["https://n.example.org"],
            "domain": "meet.example.org",
            "web_join": "https://join.example.org/{alias}",
        },
        "store": {"path": "vmrd.db"},
        "establishments": [{"code": "MDI", "name": "x", "hours": hours}],
    }


def test_opening_hours_are_ranges_of_the_local_day(credentials: Path) -> None:
    config = from_values(with_hours({"monday": ["08:30-12:00", "13:15-17:00"], "sunday": ["10:00-11:00"]}))
    week = hours_of(config.establishments[0].hours).week
    assert week[0] == ((510, 720), (795, 1020))
    assert week[6] == ((600, 660),)
    assert week[1:6] == ((),) * 5


def test_without_hours_none_are_declared(credentials: Path) -> None:
    config = load(CONFIG / "minimal.toml")
    assert not hours_of(config.establishments[0].hours).declared


@pytest.mark.parametrize(
    ("hours", "where", "what"),
    [
        ({"monday": ["8-12"]}, "hours.monday.0", "HH:MM-HH:MM"),
        ({"monday": ["12:00-08:00"]}, "hours.monday.0", "the earlier time first"),
        ({"monday": ["08:00-24:00"]}, "hours.monday.0", "HH:MM-HH:MM"),
        ({"monday": ["08:00-12:00", "11:00-13:00"]}, "hours.monday", "do not overlap"),
        ({"monday": ["13:00-14:00", "08:00-09:00"]}, "hours.monday", "in order"),
        ({}, "hours", "at least one day"),
        ({"funday": ["08:00-09:00"]}, "hours.funday", "is no key of vmrd"),
    ],
)
def test_hours_that_cannot_be_meant_are_named_plainly(credentials: Path, hours: object, where: str, what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        from_values(with_hours(hours))
    assert f"establishments.0.{where}: " in str(refused.value)
    assert what in str(refused.value)


def test_a_file_that_is_not_there_or_not_toml_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("a = [")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(tmp_path / "bad.toml")


def test_a_sender_that_cannot_sign_needs_a_secret_for_what_it_is_told(credentials: Path) -> None:
    sender = {"system": "plain", "token": "t" * 32, "callback_url": "https://bookings.example.org/vmrd"}
    values = tomllib.loads((CONFIG / "minimal.toml").read_text())
    with pytest.raises(ConfigError, match="give callback_secrets"):
        from_values({**values, "senders": [sender]})
    told = from_values(
        {**values, "senders": [{**sender, "callback_secrets": ["whsec_c2FtcGxlLXNpZ25pbmcta2V5LW9mLWEtdGVzdA=="]}]}
    )
    assert told.senders[0].callback_secrets


MAIL = {"host": "mail.example.org", "sender": "video-links@vmrd.example.org", "user": "vmrd"}


def with_mail(**changes: object) -> dict[str, object]:
    return {**tomllib.loads((CONFIG / "minimal.toml").read_text()), "smtp": {**MAIL, **changes}}


def test_email_is_encrypted_unless_it_is_said_and_its_password_is_a_credential(credentials: Path) -> None:
    (credentials / "smtp__password").write_text("canary-password")
    smtp = from_values(with_mail()).smtp
    assert smtp is not None
    assert (smtp.tls, smtp.port, smtp.domain) == ("starttls", 587, "vmrd.example.org")
    assert smtp.password is not None
    assert smtp.password.get_secret_value() == "canary-password"
    assert "canary" not in repr(smtp)


def test_without_a_mail_server_nobody_is_written_to(credentials: Path) -> None:
    assert load(CONFIG / "minimal.toml").smtp is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": None}, "give user and password"),
        ({"user": None, "password": "canary"}, "give user and password"),
        ({"tls": "none", "password": "canary"}, "a password needs tls"),
        ({"sender": "vmrd", "password": "canary"}, "must be an email address"),
        ({"sender": "a@example.org\nBcc: b@example.org", "password": "canary"}, "must be an email address"),
        ({"host": "", "password": "canary"}, "smtp.host"),
        ({"port": 0, "password": "canary"}, "smtp.port"),
        ({"passwort": "canary"}, "is no key of vmrd"),
    ],
    ids=str,
)
def test_a_mail_server_that_cannot_be_used_is_named_without_its_secret(
    credentials: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        from_values(with_mail(**changes))
    assert "canary" not in str(refused.value)


def test_a_prison_says_how_long_before_bookers_are_reminded_and_that_they_are_not(credentials: Path) -> None:
    for seconds, before in ((7200, 7_200_000), (0, 0)):
        values = {**tomllib.loads((CONFIG / "minimal.toml").read_text()), "timing": {"remind_before": seconds}}
        assert rules_for(from_values(values), "MDI").remind_before == before
    with pytest.raises(ConfigError, match="remind_before"):
        from_values({**values, "timing": {"remind_before": -1}})
