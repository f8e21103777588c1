"""Speaking to a mock over HTTP, with the words the tests use."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import aiohttp

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer

ALIAS = "qwkzrbtm@vmr.example.org"
HOST_PIN, GUEST_PIN = "482913", "771204"
NAME = 'Alice\'s "VMR" – 4711'
VMR = {
    "name": NAME,
    "aliases": [{"alias": ALIAS}],
    "allow_guests": True,
    "pin": HOST_PIN,
    "guest_pin": GUEST_PIN,
    "tag": "vmrd:4711",
}
PATIENCE_S = 5.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: object
    headers: dict[str, str]

    @property
    def result(self) -> object:
        """The result of a client API envelope, or `null`."""
        return self.body["result"] if isinstance(self.body, dict) else None

    @property
    def refused(self) -> object:
        """What the platform itself said to somebody the control API spoke for, or `null`."""
        return self.body["refused"] if isinstance(self.body, dict) else None


def objects(answer: Answer) -> list[dict[str, object]]:
    """The rows of a list of the management API."""
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return list(answer.body["objects"])


def body_of(answer: Answer) -> dict[str, object]:
    """The object that came back."""
    assert isinstance(answer.body, dict), answer.status
    return answer.body


@dataclass
class Watch:
    """An event stream being read; `events` are (name, data) pairs."""

    events: list[tuple[str, object]] = field(default_factory=list)
    over: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, condition: Callable[["Watch"], bool]) -> None:
        """Wait for this to be so; fails after some patience."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()

    def names(self) -> list[str]:
        """Event names, in order."""
        return [name for name, _ in self.events]


class Site:
    """One mock server and a session to speak to it."""

    def __init__(self, server: MockServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session
        credentials = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
        self.admin_headers = {"Authorization": f"Basic {credentials}"}

    async def call(self, method: str, url: str, **more: object) -> Answer:
        """One request."""
        async with self.session.request(method, url, **more) as response:  # type: ignore[arg-type]
            raw = await response.read()
            body = json.loads(raw) if raw and response.content_type.endswith("json") else None
            return Answer(response.status, body, dict(response.headers))

    async def admin(self, method: str, path: str, body: object = None) -> Answer:
        """One management request; the path begins after `/api/admin/`."""
        url = path if path.startswith("/api/") else f"/api/admin/{path}"
        return await self.call(method, self.server.management_url + url, json=body, headers=self.admin_headers)

    async def control(self, method: str, path: str, body: object = None) -> Answer:
        """One control request; the path begins after `/mock/v1/`."""
        return await self.call(method, f"{self.server.control_url}/{path}", json=body)

    async def node(
        self, method: str, path: str, body: object = None, *, token: str = "", pin: str = "", node: int = 0
    ) -> Answer:
        """One client API request on the VMR's alias."""
        headers = {name: value for name, value in (("token", token), ("pin", pin)) if value}
        url = f"{self.server.node_urls[node]}/api/client/v2/conferences/{quote(ALIAS, safe='')}/{path}"
        return await self.call(method, url, json=body, headers=headers)

    async def make_vmr(self) -> None:
        """Create the VMR and wait until every node answers for it."""
        created = await self.admin("POST", "configuration/v1/conference/", VMR)
        assert created.status == 201

        async def dialable() -> bool:
            return all(
                [
                    (await self.node("POST", "request_token", {"display_name": "probe"}, node=n)).status == 403
                    for n in (0, 1)
                ]
            )

        await until(dialable)

    async def token(self, pin: str = HOST_PIN, call_tag: str = "ours", node: int = 0) -> str:
        """A control-only token."""
        granted = await self.node(
            "POST", "request_token", {"display_name": "vmrd", "call_tag": call_tag}, pin=pin, node=node
        )
        assert isinstance(granted.result, dict)
        return str(granted.result["token"])

    async def person(self, name: str = "Ann Advocate", kind: str = "browser", **more: object) -> str:
        """Somebody dials in with the Guest PIN."""
        dialled = await self.control(
            "POST", "people", {"alias": ALIAS, "name": name, "kind": kind, "pin": GUEST_PIN} | more
        )
        assert dialled.status == 201
        assert isinstance(dialled.body, dict)
        return str(dialled.body["participant"])

    async def act(self, participant: str, what: str, body: object = None) -> None:
        """Somebody does something at their end."""
        assert (await self.control("POST", f"people/{participant}/{what}", body)).status == 204

    async def chair(self, name: str = "Video room 1", kind: str = "room-system", **more: object) -> str:
        """Somebody dials in with the Host PIN and media, and is in."""
        chair = await self.person(name, kind, pin=HOST_PIN, **more)
        await self.until_at(chair, "inside")
        return chair

    async def leg(self, participant: str) -> dict[str, object]:
        """One connection, gone ones too, as the mock's own account has it."""
        conferences = (await self.state())["conferences"]
        assert isinstance(conferences, list)
        return next(leg for one in conferences for leg in one["participants"] if leg["id"] == participant)

    async def where(self, *participants: str) -> list[object]:
        """Where these are: arriving, waiting, inside, left."""
        return [(await self.leg(one))["where"] for one in participants]

    async def until_at(self, participant: str, where: str) -> None:
        """Wait until somebody is there."""

        async def there() -> bool:
            return await self.where(participant) == [where]

        await until(there)

    async def pass_time(self, seconds: float) -> None:
        """Move the business clock ahead."""
        body = {"advanceSeconds": seconds, "stepSeconds": max(1.0, seconds / 5)}
        assert (await self.control("POST", "clock", body)).status == 200

    async def roster(self, token: str, node: int = 0) -> dict[str, dict[str, object]]:
        """The roster by UUID, as this token's node tells it."""
        listed = await self.node("GET", "participants", token=token, node=node)
        assert isinstance(listed.result, list)
        return {one["uuid"]: one for one in listed.result}

    async def listed(self, path: str) -> list[dict[str, object]]:
        """The first page of a list of the management API."""
        answer = await self.admin("GET", path)
        assert answer.status == 200
        assert isinstance(answer.body, dict)
        return list(answer.body["objects"])

    async def reason(self, participant: str) -> object:
        """Why somebody left, per the history API."""

        async def gone() -> bool:
            return any(one["id"] == participant for one in await self.listed("history/v1/participant/?limit=1000"))

        await until(gone)
        past = await self.listed("history/v1/participant/?limit=1000")
        return next(one["disconnect_reason"] for one in past if one["id"] == participant)

    async def fault(self, operation: str, how: str, **more: object) -> int:
        """Order a fault; its id."""
        ordered = await self.control("POST", "faults", {"operation": operation, "how": how} | more)
        assert ordered.status == 201
        assert isinstance(ordered.body, dict)
        return int(ordered.body["id"])

    async def faults(self) -> dict[int, dict[str, object]]:
        """Faults by id."""
        listed = await self.control("GET", "faults")
        assert isinstance(listed.body, list)
        return {fault["id"]: fault for fault in listed.body}

    async def conference(self) -> dict[str, object]:
        """The newest conference, as the mock's own account has it."""
        state = await self.state()
        conferences = state["conferences"]
        assert isinstance(conferences, list)
        return dict(conferences[-1])

    async def state(self) -> dict[str, object]:
        """The mock's own account."""
        body = (await self.control("GET", "state")).body
        assert isinstance(body, dict)
        return body

    @asynccontextmanager
    async def watching(self, token: str, node: int = 0) -> AsyncIterator[Watch]:
        """Read a token's event stream meanwhile."""
        watch = Watch()
        url = f"{self.server.node_urls[node]}/api/client/v2/conferences/{quote(ALIAS, safe='')}/events"
        async with self.session.get(url, params={"token": token}) as response:
            assert response.status == 200
            task = asyncio.create_task(_read(response, watch))
            try:
                yield watch
            finally:
                task.cancel()
                await asyncio.wait({task})


async def _read(response: aiohttp.ClientResponse, watch: Watch) -> None:
    name = ""
    try:
        async for raw in response.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                watch.events.append((name, json.loads(line.removeprefix("data: "))))
                watch.changed.set()
    except aiohttp.ClientError:
        pass
    watch.over = True
    watch.changed.set()


@asynccontextmanager
async def a_site(**turned: object) -> AsyncIterator[Site]:
    """A fast mock with some knobs turned, and one VMR that is dialable."""
    async with MockServer(Knobs.fast().changed(turned)) as server, aiohttp.ClientSession() as session:
        site = Site(server, session)
        await site.make_vmr()
        yield site


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again until it is so; fails after some patience."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # each asking goes over the network, so others get their turn
            pass
