"""Where the values of a configuration come from: the file, the environment, and systemd's credentials.

A name in the environment or among the credentials that fits no setting is refused like an unknown key in the file: it
was meant to change something, and it would not.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vmrd.config_faults import ConfigError, Loc, close_to, takes_json

PREFIX = "VMRD_"
NESTED = "__"
_COMMANDS = frozenset({"VMRD_CONFIG", "VMRD_TOKEN", "VMRD_BOOKING_SECRET", "VMRD_CALLBACK_SECRET"})
"""What commands read from the environment themselves."""
_COMMANDS_CREDENTIALS = frozenset({"watch__token"})

_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_ENTRY = re.compile(r"\s*\[\[([^\[\]]+)\]\]\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=")


@dataclass(frozen=True, slots=True)
class Written:
    """A file's values, and the line each key is on, as far as that can be told."""

    values: dict[str, Any]
    lines: Mapping[Loc, int] = field(default_factory=dict)

    def where(self, loc: Loc) -> str:
        """Where a person finds the key: the strongest source that has it; empty where none does."""
        name = NESTED.join(str(step) for step in loc).lower()
        own, parts = f"{PREFIX}{name}".upper(), f"{PREFIX}{name}{NESTED}".upper()
        variable = next((each for each in os.environ if each.upper() == own or each.upper().startswith(parts)), None)
        if variable is not None:
            return f"environment variable {variable}"
        folder = credentials()
        if folder is not None and (folder / name).is_file():
            return f"credential {name}"
        while loc:
            if loc in self.lines:
                return f"line {self.lines[loc]}"
            loc = loc[:-1]
        return ""


def read(path: Path) -> Written:
    """What the TOML file says; raises `ConfigError` where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        return Written(tomllib.loads(text), dict(_lines(text)))
    except OSError as fault:
        raise ConfigError(f"cannot read {path}: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not valid TOML: it is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(f"{path} is not valid TOML: {fault}") from None


def credentials() -> Path | None:
    """The folder systemd put the credentials into."""
    named = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(named) if named else None


def faults(model: type[BaseModel], own_files: frozenset[str]) -> Iterator[str]:
    """Names in the environment and among the credentials that fit nothing, and credentials that cannot be used.

    `own_files`: credentials that settings name as their files, such as the panel's certificate.
    """
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in _COMMANDS:
            yield from _unfit(model, f"environment variable {name}", name[len(PREFIX) :], os.environ[name])
    folder = credentials()
    if folder is None:
        return
    if not folder.is_dir():
        yield "CREDENTIALS_DIRECTORY: is not a folder; leave it out, or let systemd set it by LoadCredential="
        return
    shared = bool(folder.stat().st_mode & 0o001)
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_dir():
            continue
        try:
            held = path.read_bytes()
        except OSError as fault:
            yield f"credential {path.name}: cannot be read: {fault.strerror}; vmrd's user must be able to"
            continue
        if path.name not in own_files | _COMMANDS_CREDENTIALS:
            yield from _unfit(model, f"credential {path.name}", path.name, _text(held))
        yield from _unusable(path, held, shared)


def _unfit(model: type[BaseModel], what: str, name: str, held: str | None) -> Iterator[str]:
    """A name inside a table that fits nothing is found like one in the file; one outside all is found here."""
    first, *rest = name.lower().split(NESTED)
    if first not in model.model_fields:
        yield f"{what}: fits no setting; {close_to(first, model.model_fields)}"
    elif held is not None and takes_json(model, (first, *rest)) and not _is_json(held):
        yield f'{what}: is not JSON, as a list or table here is written, for example ["MDI", "BAI"]'


def _is_json(held: str) -> bool:
    try:
        json.loads(held)
    except ValueError:
        return False
    return True


def _unusable(path: Path, held: bytes, shared: bool) -> Iterator[str]:
    if _text(held) is None:
        yield f"credential {path.name}: is not UTF-8 text"
    elif not held.strip():
        yield f"credential {path.name}: is empty; write the secret into it"
    if shared and path.stat().st_mode & 0o004:
        yield f"credential {path.name}: can be read by everybody on this machine; chmod 0400 it"


def _text(held: bytes) -> str | None:
    try:
        return held.decode()
    except UnicodeDecodeError:
        return None


def _lines(text: str) -> Iterator[tuple[Loc, int]]:
    """Line of each key that begins one, of each table and of each entry of a list of tables."""
    at: Loc = ()
    counts: dict[Loc, int] = {}

    def placed(dotted: str) -> Loc:
        """The name with the number of the entry it is in, wherever a list of tables is on the way."""
        loc: Loc = ()
        for step in (part.strip().strip("\"'") for part in dotted.split(".")):
            loc = (*loc, step)
            if loc in counts:
                loc = (*loc, counts[loc])
        return loc

    for number, line in enumerate(text.splitlines(), 1):
        if entry := _ENTRY.match(line):
            *above, last = entry[1].split(".")
            parent = placed(".".join(above)) if above else ()
            listed = (*parent, last.strip())
            counts[listed] = counts.get(listed, -1) + 1
            at = (*listed, counts[listed])
            yield at, number
        elif table := _TABLE.match(line):
            at = placed(table[1])
            yield at, number
        elif key := _KEY.match(line):
            yield (*at, *key[1].split(".")), number
