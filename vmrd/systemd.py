"""Talking to systemd: readiness, watchdog, status, and the sockets it holds for us; silent without systemd."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress

_FIRST_FD = 3


def notify(message: str) -> None:
    """Send one `sd_notify` datagram, such as `READY=1`; a path that begins with @ is an abstract socket.

    Never raises: a word that does not arrive is systemd's to notice, as it does by its watchdog.
    """
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagram:
        datagram.connect(address)
        datagram.sendall(message.encode())


def manages() -> bool:
    """Whether systemd started us, and hears what we tell it."""
    return "NOTIFY_SOCKET" in os.environ


def sockets() -> list[socket.socket]:
    """The listening sockets systemd opened for this process (`LISTEN_FDS`), in the order of the socket unit."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    return [socket.socket(fileno=fd) for fd in range(_FIRST_FD, _FIRST_FD + count)]


async def watchdog(alive: Callable[[], bool]) -> None:
    """Feed the watchdog at a third of its limit while `alive` says so; a hung loop does not get here at all."""
    limit = int(os.environ.get("WATCHDOG_USEC", "0")) / 1_000_000
    if not limit:
        return
    while True:
        if alive():
            notify("WATCHDOG=1")
        await asyncio.sleep(limit / 3)
