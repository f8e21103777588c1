"""The Conferencing Nodes: a control token, and with it one running conference read and steered as its Host.

A token is a leg: it belongs to one node, shows in everybody's roster, neither starts nor keeps a meeting, and is
dropped 120 s after its last refresh (facts 2.3, 2.7). Its display name tells the people in the meeting what it is.

| request fails with     | means here                                               |
|------------------------|----------------------------------------------------------|
| `BadToken`             | the token's life is over: take another                   |
| `NotYet`               | our Host role has not settled (facts 2.2), or we lost it |
| `Gone`                 | the leg, or the conference, is not there                 |
| `Rejected("declined")` | Pexip answered that it did not                           |
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import Literal
from urllib.parse import quote

from pydantic import TypeAdapter

from vmrd.lifecycle.inputs import Sighting
from vmrd.pexip import refusals, words
from vmrd.pexip.budget import Priority
from vmrd.pexip.doubt import LIMIT, Doubt
from vmrd.pexip.errors import BadToken, Gone, Malformed, NotYet, PexipError, Rejected
from vmrd.pexip.http import Method, PexipHttp, Report, Transport, tls, unreported
from vmrd.pexip.reached import Reached
from vmrd.pexip.reading import Reading, people_of, state_of
from vmrd.pexip.sse import Connection, StreamEvent
from vmrd.pexip.tokens import REFRESH_REPLY, TOKEN_REPLY, Probe, Token
from vmrd.pexip.wire import ConferenceState, Envelope, Roster, parse

DISPLAY_NAME = "Prison control – cannot see or hear"

_AT_ONCE = 96
_KEPT = 32
"""Requests to one node under way at once, and how many of those slots are kept for what an officer waits for. What is
left carries the reads of 5,000 meetings on two nodes while an answer takes less than 40 ms; sixteen at a time were the
limit of a thousand as soon as it took 50."""

DialProtocol = Literal["auto", "sip", "h323", "mssip", "rtmp"]

_VERDICT = TypeAdapter(Envelope[bool | None])
_CALLED = TypeAdapter(Envelope[list[str]])


class _Found(Enum):
    ANSWERS = auto()
    UNGUARDED = auto()
    SILENT = auto()
    UNREACHED = auto()


class Client:
    """The conferencing nodes in order of preference. Methods raise the errors of `errors` unless they say otherwise.

    Close with `aclose`, or use as an async context manager.
    """

    def __init__(
        self,
        nodes: Sequence[str],
        *,
        verify: bool | ssl.SSLContext = True,
        timeout: float = 5.0,
        silence: float = 90.0,
        alias_scan_limit: int = LIMIT,
        report: Report = unreported,
        transport: Transport | None = None,
    ) -> None:
        """`timeout` limits a request, `silence` how long an event stream may send nothing; both in seconds.

        `alias_scan_limit`: how many unknown aliases the platform lets us ask for; see `doubt`.
        """
        if not nodes:
            raise ValueError("at least one conferencing node is needed")
        context = tls(verify)
        self._reached = {node: Reached(report) for node in nodes}
        self._nodes = {
            node: PexipHttp(
                node,
                verify=context,
                timeout=timeout,
                concurrency=_AT_ONCE,
                kept=_KEPT,
                report=reached.told,
                transport=transport,
            )
            for node, reached in self._reached.items()
        }
        self._doubt = Doubt(alias_scan_limit)
        self._silence = silence
        self._report = report

    @property
    def nodes(self) -> tuple[str, ...]:
        """Base URLs, in order of preference."""
        return tuple(self._nodes)

    @property
    def away(self) -> int:
        """How many nodes have not answered when they were last asked."""
        return sum(reached.away for reached in self._reached.values())

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        for http in self._nodes.values():
            await http.aclose()

    # --- tokens -------------------------------------------------------------------------------------------------------

    async def probe(self, alias: str) -> Probe:
        """Ask every node whether it knows the alias; one that may hide it from us counts as not reached (see `doubt`).

        Without a PIN a guarded vmr only asks for one, and nobody is created (facts 7.2). Never raises for a node that
        does not answer: it is counted.
        """
        found = await asyncio.gather(*(self._probe(node, alias) for node in self._nodes))
        unguarded = _Found.UNGUARDED in found
        return Probe(
            answering=found.count(_Found.ANSWERS) + found.count(_Found.UNGUARDED),
            nodes=len(found),
            unreached=found.count(_Found.UNREACHED),
            unguarded=unguarded,
        )

    async def take(self, alias: str, host_pin: str, tag: str, node: str | None = None) -> Token:
        """A control token from the first node that gives one, beginning with `node`; our leg carries `tag`.

        A lost answer may leave a second leg behind: it carries the tag and vanishes by itself. A wrong PIN is not
        tried twice, since twenty of them block the vmr (facts 1.5.1). Raises what the last node answered.
        """
        failure: PexipError = NotYet()
        for candidate in sorted(self._nodes, key=lambda known: known != node):
            try:
                return await self._request_token(candidate, alias, {"pin": host_pin}, tag)
            except PexipError as error:
                if isinstance(error, Rejected) and error.code != "no-such-service":
                    raise
                failure = error
        raise failure

    async def refresh(self, token: Token) -> Token:
        """The token renewed, with the role we have now. Raises BadToken when it is too late."""
        answer = await self._ask("POST", token, "refresh_token")
        reply = parse(REFRESH_REPLY, answer, "token").result
        role = words.role(reply.role) if reply.role else token.role
        return replace(token, token=reply.token, expires_s=reply.expires, role=role)

    async def release(self, token: Token) -> None:
        """Give the token back: our leg leaves. A token that is dead already is as good as released."""
        try:
            await self._ask("POST", token, "release_token")
        except (BadToken, Gone):
            return

    # --- steering -----------------------------------------------------------------------------------------------------

    async def start(self, token: Token) -> None:
        """Start the conference although no Host has media; everybody held comes in, unless it is locked."""
        await self._do(token, "start_conference")

    async def set_lock(self, token: Token, locked: bool) -> None:
        """Lock or unlock; unlocking lets everybody in who is held. Only the stream or a read confirms it."""
        await self._do(token, "lock" if locked else "unlock")

    async def admit(self, token: Token, leg: str) -> None:
        """Let in one leg that is held."""
        await self._do(token, "unlock", leg)

    async def disconnect(self, token: Token, leg: str) -> None:
        """Disconnect one leg, held or inside. Raises Gone when it has left."""
        await self._do(token, "disconnect", leg)

    async def end(self, token: Token) -> None:
        """Disconnect everybody, us too."""
        await self._do(token, "disconnect")

    async def dial(
        self, token: Token, destination: str, *, display_name: str = "", protocol: DialProtocol = "auto"
    ) -> str:
        """Call `destination` in as Host, past PIN and lock; its leg, at once and before it answers. Repeating it calls
        twice, so after an unknown outcome look first.
        """
        body = {
            "destination": destination,
            "protocol": protocol,
            "role": "HOST",
            "call_type": "video",
            "remote_display_name": display_name,
        }
        legs = parse(_CALLED, await self._ask("POST", token, "dial", body=body), "dial reply").result
        if not legs:
            raise Rejected("declined", 200)
        return legs[0]

    # --- seeing -------------------------------------------------------------------------------------------------------

    def reading(self, token: Token) -> Reading:
        """What reads this token's conference. Raises BadToken where its node has left the configuration."""
        http, headers = self._http(token), {"token": token.token}
        state, people = (
            http.prepared(_path(token.alias, operation), operation=operation, headers=headers)
            for operation in ("conference_status", "participants")
        )
        return Reading(http, state, people)

    async def read(self, token: Token) -> Roster:
        """The conference now, read once; see `reading`."""
        return await self.reading(token).now()

    async def legs(self, token: Token) -> tuple[Sighting, ...]:
        """Everybody, without the conference's state and ahead of what can wait: whoever asks is about to call somebody.
        A leg that this node called is there as soon as it was.
        """
        return people_of(await self._ask("GET", token, "participants"))

    @asynccontextmanager
    async def events(self, token: Token) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        """One connection to the conference's events: `Synced` first, then what changes; see `sse`.

        The iterator ends after `Disconnected`. It raises Unreachable when the stream breaks, ends or falls silent and
        Malformed when it is repeatedly unreadable; connect again for the whole truth. Entering raises BadToken for a
        dead token and Unreachable when the first roster is not complete in time.
        """
        http = self._http(token)
        path = _path(token.alias, "events")
        headers = {"token": token.token}
        async with http.stream(
            path, operation="events", headers=headers, silence=self._silence, refusal=refusals.of_client
        ) as raw:
            connection = Connection(raw, partial(self._state, token), self._unreadable)
            await connection.synchronise()
            async with aclosing(connection.follow()) as events:
                yield events

    def _unreadable(self) -> None:
        self._report("events", "malformed", 0.0)

    async def _state(self, token: Token) -> ConferenceState:
        return state_of(await self._ask("GET", token, "conference_status", priority=Priority.LOW))

    # --- requests -----------------------------------------------------------------------------------------------------

    def _http(self, token: Token) -> PexipHttp:
        try:
            return self._nodes[token.node]
        except KeyError:
            pass
        raise BadToken  # the node has left the configuration: its tokens are of no more use

    async def _do(self, token: Token, verb: str, leg: str | None = None) -> None:
        """A verb whose result is true, or null for some (facts 2.5); anything else is a no."""
        operation = verb if leg is None else {"unlock": "admit", "disconnect": "disconnect_leg"}[verb]
        body = await self._ask("POST", token, verb, leg=leg, operation=operation)
        try:
            verdict = parse(_VERDICT, body, "verdict").result
        except Malformed:
            verdict = False
        if verdict is False:
            raise Rejected("declined", 200)

    async def _ask(
        self,
        method: Method,
        token: Token,
        request: str,
        *,
        leg: str | None = None,
        body: Mapping[str, object] | None = None,
        operation: str | None = None,
        priority: Priority = Priority.HIGH,
    ) -> bytes:
        answer = await self._http(token).request(
            method,
            _path(token.alias, request, leg),
            operation=operation or request,
            json=body,
            headers={"token": token.token},
            priority=priority,
        )
        if answer.status != 200:
            raise refusals.of_client(answer)
        return answer.body

    async def _request_token(self, node: str, alias: str, headers: Mapping[str, str], tag: str) -> Token:
        answer = await self._nodes[node].request(
            "POST",
            _path(alias, "request_token"),
            operation="request_token",
            json={"display_name": DISPLAY_NAME, "call_tag": tag},
            headers=headers,
            priority=Priority.HIGH,
        )
        if answer.status != 200:
            raise refusals.of_token_request(answer)
        return parse(TOKEN_REPLY, answer.body, "token").result.granted(node, alias)

    async def _probe(self, node: str, alias: str) -> _Found:
        doubt = self._doubt
        if not doubt.may_ask():
            return _Found.UNREACHED
        believed = doubt.believed()
        try:
            token = await self._request_token(node, alias, {}, "")
        except Rejected as error:
            if error.code != "pin-required":
                return _Found.SILENT
            doubt.found()
            return _Found.ANSWERS
        except NotYet:
            doubt.missed()
            return _Found.SILENT if believed else _Found.UNREACHED
        except PexipError:
            return _Found.UNREACHED
        doubt.found()
        with suppress(PexipError):  # our leg then vanishes by itself
            await self.release(token)
        return _Found.UNGUARDED


def _path(alias: str, request: str, leg: str | None = None) -> str:
    person = f"participants/{quote(leg, safe='')}/" if leg is not None else ""
    return f"/api/client/v2/conferences/{quote(alias, safe='')}/{person}{request}"
