"""The network of the virtual loop: connections in memory that are late, cut or reset, as TCP shows it to a program.

Bytes keep their order. While two machines are cut off from each other nothing arrives, neither bytes nor the news that
a connection was closed; what was sent comes when the cut ends, as TCP sends it again. Machines are named by what comes
before `#` in a host's name: a daemon that was started again is another host on the same machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.chaos.loop import VirtualLoop

_FIRST_PORT = 20_000


def machine(host: str) -> str:
    """The machine a host runs on."""
    return host.partition("#")[0]


@dataclass(slots=True)
class _Listener:
    host: str
    factory: Callable[[], asyncio.Protocol]
    context: Context
    net: Net
    port: int

    @property
    def sockets(self) -> list[_Listener]:
        return [self]

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def close(self) -> None:
        self.net.listeners.pop(self.port, None)

    async def wait_closed(self) -> None:
        """Nothing is left to wait for."""


@dataclass(slots=True)
class Net:
    """`lag`: seconds a packet takes now. `cuts`: pairs of machines that do not reach each other, until when."""

    loop: VirtualLoop
    lag: Callable[[], float] = lambda: 0.001
    listeners: dict[int, _Listener] = field(default_factory=dict)
    cuts: dict[frozenset[str], float] = field(default_factory=dict)
    _ends: list[End] = field(default_factory=list)
    _dialled: dict[Any, tuple[str, int]] = field(default_factory=dict)
    _ports: Any = field(default_factory=lambda: count(_FIRST_PORT))
    _closed: bool = False

    def cut(self, one: str, other: str, seconds: float) -> None:
        """Nothing passes between two machines for so long."""
        pair = frozenset((machine(one), machine(other)))
        self.cuts[pair] = max(self.cuts.get(pair, 0.0), self.loop.time() + seconds)

    def reaches(self, one: str, other: str) -> bool:
        return self.cut_until(one, other) <= self.loop.time()

    def cut_until(self, one: str, other: str) -> float:
        return self.cuts.get(frozenset((machine(one), machine(other))), 0.0)

    def drop(self, host: str) -> None:
        """The kernel closes what a dead process had open."""
        for port in [port for port, listener in self.listeners.items() if listener.host == host]:
            del self.listeners[port]
        for end in [end for end in self._ends if end.host == host]:
            end.abort()

    def reset(self, host: str) -> None:
        """Every connection of this host breaks, at both ends."""
        for end in [end for end in self._ends if end.host == host]:
            end.lose(ConnectionResetError("reset"))
            end.abort()

    def close(self) -> None:
        self._closed = True
        for end in list(self._ends):
            end.abort()

    async def dial(self, host: str, sock: Any, port: int) -> None:
        listener = self.listeners.get(port)
        if self._closed or listener is None:
            await asyncio.sleep(0.001)
            raise ConnectionRefusedError("nobody listens")
        while not self.reaches(host, listener.host):  # noqa: ASYNC110  # on a clock that jumps there
            await asyncio.sleep(self.cut_until(host, listener.host) - self.loop.time())
        await asyncio.sleep(self.lag())
        self._dialled[sock] = (host, port)

    def connect(self, host: str, factory: Callable[[], asyncio.Protocol], sock: Any) -> tuple[End, asyncio.Protocol]:
        _, port = self._dialled.pop(sock)
        sock.close()
        listener = self.listeners.get(port)
        if self._closed or listener is None:
            raise ConnectionRefusedError("nobody listens")
        ours = End(self, host, factory(), copy_context())
        theirs = End(self, listener.host, listener.factory(), listener.context.copy())
        ours.peer, theirs.peer = theirs, ours
        self._ends += [ours, theirs]
        ours.protocol.connection_made(ours)
        self.loop.call_soon(theirs.protocol.connection_made, theirs, context=theirs.context)
        return ours, ours.protocol

    def listen(self, host: str, factory: Callable[[], asyncio.Protocol], port: int) -> _Listener:
        port = port or next(self._ports)
        listener = self.listeners[port] = _Listener(host, factory, copy_context(), self, port)
        return listener

    def forget(self, end: End) -> None:
        if end in self._ends:
            self._ends.remove(end)


class End(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, net: Net, host: str, protocol: asyncio.Protocol, context: Context) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.net, self.host, self.protocol, self.context = net, host, protocol, context
        self.peer: End = self
        self._arrives = 0.0
        self._closing = self._lost = False
        self._paused = False
        self._unread: list[bytes] = []

    # what a program does to its transport

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closing:
            self._send(self.peer.arrived, bytes(data))

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._send(self.peer.hung_up)
            self.net.loop.call_soon(self.lose, None, context=self.context)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        unread, self._unread = self._unread, []
        for data in unread:
            self.arrived(data)

    def is_reading(self) -> bool:
        return not self._paused

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is always room."""

    def can_write_eof(self) -> bool:
        return False

    # what the network does

    def arrived(self, data: bytes) -> None:
        if self._lost or self._closing:
            return
        if self._paused:
            self._unread.append(data)
        else:
            self.protocol.data_received(data)

    def hung_up(self) -> None:
        self._closing = True
        self.lose(None)

    def lose(self, why: Exception | None) -> None:
        """The program hears that the connection is gone."""
        if not self._lost:
            self._lost = self._closing = True
            self.net.forget(self)
            self.protocol.connection_lost(why)

    def _send(self, deliver: Callable[..., None], *what: bytes) -> None:
        loop, net = self.net.loop, self.net
        due = max(loop.time(), net.cut_until(self.host, self.peer.host)) + net.lag()
        self._arrives = max(self._arrives, due)  # in order
        loop.call_at(self._arrives, self._deliver, deliver, what, context=self.peer.context)

    def _deliver(self, deliver: Callable[..., None], what: tuple[bytes, ...]) -> None:
        until = self.net.cut_until(self.host, self.peer.host)
        if until > self.net.loop.time():  # cut while it was under way
            self._arrives = max(self._arrives, until)
            self.net.loop.call_at(self._arrives, self._deliver, deliver, what, context=self.peer.context)
        else:
            deliver(*what)
