"""Judging what is ours alone: the configuration, its files and keys, the rooms' addresses."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from vmrd.check.files import SeenFile
from vmrd.check.lines import Line, fail, ok, warn
from vmrd.config import Config

_SAMPLE = b"replace-me"
_FEWEST_BYTES = 12
"""A random key of 32 bytes has this many different ones, but for once in more than the age of the world."""
_ADDRESS = re.compile(
    r"(?:(?:sips?|h323):)?[A-Za-z0-9._+~-]{1,128}(?:@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)?(?::\d{1,5})?"
)
_TELEPHONE = re.compile(r"(?:tel:)?\+?[0-9][0-9 ()-]{5,}")


def judge_faults(path: Path, faults: str) -> list[Line]:
    """Why the configuration does not load: each fault a line."""
    return [fail("configuration", fault, f"put it right in {path}") for fault in faults.splitlines()]


def judge_files(file: SeenFile | None, credentials: tuple[SeenFile, ...] | None) -> Iterator[Line]:
    """The configuration's own file, and the folder of credentials where systemd gives one."""
    if file is not None:
        yield _file(file)
    if credentials is None:
        yield ok("credentials", "no folder of credentials: secrets come from the file and the environment")
        return
    if not credentials:
        yield fail(
            "credentials",
            "CREDENTIALS_DIRECTORY names a folder that is empty or cannot be read",
            "look at LoadCredential= in the unit, and at the files it names",
        )
        return
    open_ones = [each.path.name for each in credentials if each.mode & 0o007]
    if open_ones:
        yield fail(
            "credentials",
            f"everybody on this machine can read {', '.join(open_ones)}",
            "take the rights of others away: chmod o-rwx",
        )
    else:
        yield ok("credentials", f"{len(credentials)} files, kept from others")


def judge_config(config: Config) -> Iterator[Line]:
    """What can be told of a configuration that loads."""
    rooms = sum(len(each.rooms) for each in config.establishments)
    yield ok(
        "contents", f"establishments: {len(config.establishments)}, rooms: {rooms}, senders: {len(config.senders)}"
    )
    yield _key(config)
    yield _samples(config)
    if config.demo or config.clock_file is not None:
        yield warn(
            "rehearsal",
            "demo or clock_file is set: anybody signs in with one click, or the time is not the real one",
            "take both out before a real meeting",
        )
    if not config.senders:
        yield warn("senders", "no booking system may send, so there will be no meetings", "add [[senders]]")
    yield from _addresses(config)


def _file(file: SeenFile) -> Line:
    if file.writable_by_others:
        return fail(
            "file mode",
            f"others may change {file.path} ({file.mode:04o}), and with it whom vmrd believes",
            "chmod go-w, and let root own it",
        )
    if file.secrets and file.for_others:
        return warn(
            "file mode",
            f"{file.path} holds secrets and others may read it ({file.mode:04o})",
            "move the secrets to credentials, or chmod 600",
        )
    return ok("file mode", f"{file.mode:04o}{', with secrets in it' if file.secrets else ''}")


def _key(config: Config) -> Line:
    key = bytes.fromhex(config.store.key.get_secret_value().strip())
    if len(set(key)) < _FEWEST_BYTES:
        return fail(
            "store.key",
            "is a pattern that can be guessed, not 32 random bytes",
            "make one with openssl rand -hex 32, before the first booking is taken: what a key has encrypted needs it",
        )
    return ok("store.key", "32 bytes")


def _samples(config: Config) -> Line:
    with_sample = [
        sender.system
        for sender in config.senders
        if any(_is_sample(secret.get_secret_value()) for secret in (*sender.secrets, *sender.callback_secrets))
    ]
    if with_sample:
        return fail(
            "signing keys",
            f"{', '.join(with_sample)} uses the example's key, which everybody has",
            "make one as the example file says, and give it to the booking system",
        )
    return ok("signing keys", "none is the example's")


def _is_sample(secret: str) -> bool:
    try:
        return _SAMPLE in base64.b64decode(secret.removeprefix("whsec_"))
    except ValueError:
        return False


def _addresses(config: Config) -> Iterator[Line]:
    """Rooms are named by their keys: an address is where a prison's screen can be called."""
    addressed = [
        (f"{each.code}/{room.key}", room.address)
        for each in config.establishments
        for room in each.rooms
        if room.address is not None
    ]
    for name, fault in ((name, _fault(address)) for name, address in addressed):
        if fault is not None:
            yield fail("room address", f"{name}: {fault}", "write it as Pexip dials it, for example room1@example.org")
    if not addressed:
        yield warn(
            "room address",
            "no room has one, so vmrd calls none: each prison's room has to dial in by itself",
            "give `address` to the rooms that can be called",
        )
    elif all(_fault(address) is None for _, address in addressed):
        yield ok(
            "room address",
            f"all {len(addressed)} can be dialled; whether one answers shows when it is called",
        )


def _fault(address: str) -> str | None:
    if _TELEPHONE.fullmatch(address):
        return "the address looks like a telephone's; a room is called by video"
    return None if _ADDRESS.fullmatch(address) else "the address has a shape that cannot be dialled"
