"""What is looked at of files: modes, room and locks. Nothing is opened for writing."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_LOCKS = Path("/proc/locks")
_SECRET_KEYS = frozenset(
    {"password", "password_hash", "secret", "secrets", "former_secret", "client_secret", "callback_secrets"}
    | {"private_key", "token"}
)


@dataclass(frozen=True, slots=True)
class SeenFile:
    """`secrets`: whether it holds any."""

    path: Path
    mode: int
    secrets: bool

    @property
    def for_others(self) -> bool:
        """Whether more than its owner may read it."""
        return bool(self.mode & 0o077)

    @property
    def writable_by_others(self) -> bool:
        return bool(self.mode & 0o022)


def seen_file(path: Path, *, secrets: bool) -> SeenFile | None:
    """The file's mode; None where there is none, or it cannot be looked at."""
    try:
        return SeenFile(path, stat.S_IMODE(path.stat().st_mode), secrets)
    except OSError:
        return None


def seen_credentials(folder: str | None) -> tuple[SeenFile, ...] | None:
    """The files of the credentials' folder; None where there is none."""
    if folder is None:
        return None
    try:
        names = sorted(Path(folder).iterdir())
    except OSError:
        return ()
    return tuple(seen for name in names if name.is_file() and (seen := seen_file(name, secrets=True)) is not None)


def holds_secrets(values: Mapping[str, object]) -> bool:
    """Whether a configuration file's content has a secret in it. A room's or a question's `key` is none."""
    store = values.get("store")
    in_store = isinstance(store, Mapping) and "key" in store
    return in_store or any(key in _SECRET_KEYS for key in _keys(values))


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def is_locked(path: Path, locks: Path = _LOCKS) -> bool | None:
    """Whether a process holds a whole-file lock on this file; None where the kernel does not say.

    Read from the kernel's own list: trying the lock, however briefly, could keep a daemon that starts from having it.
    """
    try:
        inode = path.stat().st_ino
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        held = locks.read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    return any("FLOCK" in line and f":{inode} " in line and "->" not in line for line in held)
