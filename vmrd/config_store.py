"""The part of the configuration that says where the database is; see `config`."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from vmrd.config_senders import Part
from vmrd.store.place import Place, Server

_SCHEMES = frozenset({"postgresql", "postgres"})
_ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_HERE = frozenset({"", "localhost", "127.0.0.1", "::1"})


class StoreConfig(Part):
    """The database: an SQLite file, for one daemon, or a PostgreSQL database, for any number of them."""

    path: Path | None = Field(
        default=None, description="SQLite's file; vmrd makes it", examples=["/var/lib/vmrd/vmrd.db"]
    )
    url: str | None = Field(
        default=None,
        description="PostgreSQL instead of a file, without a password",
        examples=["postgresql://vmrd@db.example.org/vmrd?sslmode=verify-full"],
    )
    password: SecretStr | None = Field(
        default=None, min_length=1, description="PostgreSQL's, for url or for vmrd migrate --copy-to"
    )
    key: SecretStr = Field(
        description="64 hexadecimal digits that encrypt PINs and tokens and seal the journal (openssl rand -hex 32); "
        "lost with it: both"
    )

    @field_validator("key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if not _KEY.fullmatch(key.get_secret_value().strip()):
            raise ValueError("must be 64 hexadecimal digits (32 bytes); make one with openssl rand -hex 32")
        return key

    @field_validator("url")
    @classmethod
    def _is_of_postgresql(cls, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError("is not a URL") from None
        if parts.scheme not in _SCHEMES:
            raise ValueError("must begin with postgresql://")
        options = parse_qs(parts.query)
        if parts.password is not None or "password" in options:
            raise ValueError("must not hold the password, which would be read in logs: give it as store.password")
        if not _stays_here(parts, options) and options.get("sslmode", [""])[-1] not in _ENCRYPTED:
            raise ValueError(
                "leaves this machine, and would carry names in the clear: add ?sslmode=verify-full "
                "(or require, where the server's certificate cannot be checked)"
            )
        if find_spec("psycopg") is None:
            raise ValueError("needs psycopg: install it with pip install 'vmrd[postgres]'")
        from psycopg import ProgrammingError, conninfo

        try:
            conninfo.conninfo_to_dict(url)
        except ProgrammingError:
            raise ValueError("has an option that PostgreSQL's library does not know or cannot read") from None
        return url

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path (SQLite) or url (PostgreSQL)")
        return self

    @property
    def place(self) -> Place:
        """Where the store is."""
        if self.url is None:
            return self.file
        return Server(self.url, self.password.get_secret_value() if self.password is not None else None)

    @property
    def file(self) -> Path:
        """The SQLite file, where it is one."""
        assert self.path is not None
        return self.path


def _stays_here(parts: SplitResult, options: dict[str, list[str]]) -> bool:
    """Whether every host named is this machine, or a folder with the server's socket."""
    hosts = [parts.hostname or "", *(host for given in options.get("host", []) for host in given.split(","))]
    hosts += [host for given in options.get("hostaddr", []) for host in given.split(",")]
    return all(host in _HERE or host.startswith("/") for host in hosts)
