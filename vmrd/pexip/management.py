"""The Management Node: vmrs, the platform's status, and commands that need no place in the roster.

Slow and shared: a vmr made here is dialable about a minute later (facts 1.4), status lags by seconds, and all who ask
share one limit. So provisioning and slow comparison live here; steering a running conference is `client`'s, and the
commands here are its fallback. A conference's uuid is new for every instance, so it is looked up for every command.

`ensure_vmr`, by what creating it answered:

| answer           | then                                                                                   |
|------------------|----------------------------------------------------------------------------------------|
| 201              | read back; what is not as asked is set once more                                       |
| "already exists" | found by name: ours is adopted and put right, else `NotOurs`. Not found: the alias is  |
|                  | somebody else's, `NotOurs`                                                             |
| unknown          | found by name: as above. Not found: `Unreachable` goes up, and the next try decides    |
| anything else    | goes up                                                                                |

Names are unique in Pexip, so whatever is lost on the way, there is never a second vmr. A request without an id in its
path that deletes would delete every vmr of the platform (facts 1.2): `_delete` is the only place that deletes, by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from vmrd.lifecycle.inputs import Sighting
from vmrd.pexip import refusals
from vmrd.pexip.budget import Priority
from vmrd.pexip.errors import Gone, Malformed, NotOurs, Rejected, Unreachable
from vmrd.pexip.http import Answer, Method, PexipHttp
from vmrd.pexip.reads import persist
from vmrd.pexip.status import CONFERENCES, DIAL_REPLY, NODES, PARTICIPANTS, DialProtocol, Instance, Node
from vmrd.pexip.vmr import ALIASES, VMRS, Ensured, Vmr, VmrRecord, VmrSpec, hidden, stranger, wrong
from vmrd.pexip.wire import Page, parse

API = "/api/admin/"
VMR = f"{API}configuration/v1/conference/"
ALIAS = f"{API}configuration/v1/conference_alias/"
CONFERENCE = f"{API}status/v1/conference/"
PARTICIPANT = f"{API}status/v1/participant/"
NODE = f"{API}status/v1/worker_vm/"
COMMAND = f"{API}command/v1/"
MAX_PAGES = 200

T = TypeVar("T")


class Management:
    """The Management Node behind `http`. Every method raises the errors of `errors` unless it says otherwise."""

    def __init__(self, http: PexipHttp, *, tag_prefix: str, page_size: int = 200) -> None:
        """`tag_prefix` marks the vmrs that may be deleted; `page_size` rows are asked for at once."""
        self._http = http
        self._tag_prefix = tag_prefix
        self._page_size = page_size

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    # --- vmrs ---------------------------------------------------------------------------------------------------------

    async def ensure_vmr(self, spec: VmrSpec) -> Ensured:
        """Make sure that this vmr stands, is ours and has our settings; safe to repeat whatever happened before.

        Raises NotOurs when name or alias belong to another vmr, Rejected("settings-differ") when Pexip takes our
        settings and shows others.
        """
        try:
            await self._send("POST", VMR, spec.body(), "vmr_create", Priority.LOW)
        except Rejected as refusal:
            if refusal.code != "already-exists":
                raise
            return await self._adopt(spec, NotOurs("alias"))
        except Unreachable as unknown:
            if not unknown.sent:
                raise
            return await self._adopt(spec, Unreachable(sent=True))
        record = await self._find(spec.name)
        if record is None:
            raise Malformed("vmr list")
        await self._settle(spec, record, wrong(spec, record))
        return Ensured(created=True)

    async def delete_vmr(self, name: str) -> bool:
        """Delete the vmr of exactly this name; False when there is none. A running conference goes on (facts 7, 32).

        Raises NotOurs when its tag does not begin with our prefix, and Malformed when the platform says it is gone and
        goes on listing it: something between us and it may have answered.
        """
        record = await self._find(name)
        if record is None:
            return False
        if not record.tag.startswith(self._tag_prefix):
            raise NotOurs("tag")
        if await self._delete(record.id):
            return True
        if await self._find(name) is not None:
            raise Malformed("deletion")
        return False

    async def vmrs(self, prefix: str) -> tuple[Vmr, ...]:
        """All vmrs whose name begins with `prefix`."""
        rows = await self._rows(VMRS, VMR, {"name__startswith": prefix}, "vmr_list")
        return tuple(Vmr(row.id, row.name, row.tag) for row in rows if row.name.startswith(prefix))

    async def _adopt(self, spec: VmrSpec, absent: NotOurs | Unreachable) -> Ensured:
        record = await self._find(spec.name)
        if record is None:
            raise absent
        await self._settle(spec, record, wrong(spec, record) | hidden(spec, record))
        return Ensured(created=False)

    async def _settle(self, spec: VmrSpec, record: VmrRecord, changes: Mapping[str, object]) -> None:
        """Change what is to be changed, once, and read back that it took."""
        if foreign := stranger(spec, record):
            raise NotOurs(foreign)
        if not changes:
            return
        answer = await self._send("PATCH", f"{VMR}{record.id}/", changes, "vmr_change", Priority.LOW)
        after = await self._find(spec.name)
        if after is None or wrong(spec, after):
            raise Rejected("settings-differ", answer.status)

    async def _find(self, name: str) -> VmrRecord | None:
        rows = await self._rows(VMRS, VMR, {"name": name}, "vmr_find")
        return next((row for row in rows if row.name == name), None)

    async def _delete(self, vmr_id: int) -> bool:
        try:
            await self._send("DELETE", f"{VMR}{vmr_id:d}/", None, "vmr_delete", Priority.LOW)
        except Gone:
            return False
        return True

    # --- status: lags by seconds, so it may darken and never light ---------------------------------------------------

    async def live(self, name: str) -> Instance | None:
        """The conference that runs under this vmr's name, if one does."""
        return next(iter(await self._running(name, Priority.LOW)), None)

    async def instances(self, prefix: str) -> list[tuple[str, str]]:
        """Name and id of every running conference whose name begins with `prefix`."""
        rows = await self._rows(CONFERENCES, CONFERENCE, {"name__startswith": prefix}, "conferences")
        return [(row.name, row.id) for row in rows if row.name.startswith(prefix)]

    async def running(self) -> list[Instance]:
        """Every conference that runs on the platform, whosever it is."""
        return [row.instance() for row in await self._rows(CONFERENCES, CONFERENCE, {}, "conferences")]

    async def aliases(self, name: str) -> tuple[str, ...]:
        """The aliases that lead to the vmr of exactly this name."""
        rows = await self._rows(ALIASES, ALIAS, {"conference__name": name}, "alias_list")
        return tuple(row.alias for row in rows)

    async def legs(self, name: str) -> tuple[Sighting, ...]:
        """Everybody the status knows in this conference. Pages are read one after another while people come and go, so
        a leg may be missing or listed twice; the later listing counts.
        """
        rows = await self._rows(PARTICIPANTS, PARTICIPANT, {"conference": name}, "participants_status")
        return tuple({row.leg: row.sighting() for row in rows}.values())

    async def nodes(self) -> tuple[Node, ...]:
        """The Conferencing Nodes and whether they are in maintenance."""
        rows = await self._rows(NODES, NODE, {}, "nodes")
        return tuple(Node(row.name, row.system_location, row.version, row.maintenance_mode) for row in rows)

    async def _running(self, name: str, priority: Priority) -> list[Instance]:
        rows = await self._rows(CONFERENCES, CONFERENCE, {"name": name}, "conference_find", priority)
        return [row.instance() for row in rows if row.name == name]

    # --- commands: accepted now, carried out a little later (facts 1.8) -----------------------------------------------

    async def set_lock(self, name: str, locked: bool) -> None:
        """Lock or unlock whatever runs under this name; unlocking lets everybody in who is held. Raises Gone when
        nothing runs.
        """
        running = await self._running(name, Priority.HIGH)
        if not running:
            raise Gone
        for instance in running:
            verb = "lock" if locked else "unlock"
            await self._command(f"conference/{verb}", {"conference_id": instance.id}, verb)

    async def end(self, name: str) -> bool:
        """Disconnect everybody from whatever runs under this name; False when nothing does."""
        running = await self._running(name, Priority.HIGH)
        for instance in running:
            try:
                await self._command("conference/disconnect", {"conference_id": instance.id}, "end")
            except Gone:  # it ended by itself meanwhile, as was wanted
                continue
        return bool(running)

    async def admit(self, leg: str) -> None:
        """Let in one leg that is held."""
        await self._command("participant/unlock", {"participant_id": leg}, "admit")

    async def disconnect(self, leg: str) -> None:
        """Disconnect one leg, held or inside. Raises Gone when it has left."""
        await self._command("participant/disconnect", {"participant_id": leg}, "disconnect")

    async def dial(
        self,
        alias: str,
        destination: str,
        *,
        location: str | None = None,
        display_name: str = "",
        protocol: DialProtocol = "sip",
    ) -> str:
        """Call `destination` into the conference at `alias` as chair, past PIN and lock; the leg's id, at once and
        before it answers. Without a `location` Pexip's routing rules choose the way. Repeating it calls twice.
        """
        routing = {"routing": "manual", "system_location": location} if location else {"routing": "routing_rule"}
        body = {
            "conference_alias": alias,
            "destination": destination,
            "protocol": protocol,
            "call_type": "video",
            "role": "chair",
            "remote_display_name": display_name,
            **routing,
        }
        answer = await self._command("participant/dial", body, "dial")
        return parse(DIAL_REPLY, answer.body, "dial reply").data.participant_id

    async def _command(self, command: str, body: Mapping[str, object], operation: str) -> Answer:
        answer = await self._send("POST", f"{COMMAND}{command}/", body, operation, Priority.HIGH)
        if failure := refusals.failed_command(answer):
            raise failure
        return answer

    # --- requests -----------------------------------------------------------------------------------------------------

    async def _send(
        self, method: Method, path: str, body: Mapping[str, object] | None, operation: str, priority: Priority
    ) -> Answer:
        answer = await self._http.request(method, path, operation=operation, json=body, priority=priority)
        if answer.status >= 300:
            raise refusals.of_management(answer)
        return answer

    async def _rows(
        self,
        adapter: TypeAdapter[Page[T]],
        path: str,
        params: Mapping[str, str],
        operation: str,
        priority: Priority = Priority.LOW,
    ) -> list[T]:
        """Every row of a list, page after page. Asked again on its own, since it changes nothing."""
        rows: list[T] = []
        query: Mapping[str, str] | None = {**params, "limit": str(self._page_size)}
        for _ in range(MAX_PAGES):
            page = parse(adapter, (await self._get(path, query, operation, priority)).body, operation)
            rows += page.objects
            if page.meta.next is None:
                return rows
            path, query = own_path(page.meta.next), None
        raise Malformed("paging")

    async def _get(self, path: str, query: Mapping[str, str] | None, operation: str, priority: Priority) -> Answer:
        async def ask() -> Answer:
            answer = await self._http.request("GET", path, operation=operation, params=query, priority=priority)
            if answer.status != 200:
                raise refusals.of_management(answer)
            return answer

        return await persist(ask)


def own_path(link: str) -> str:
    """The path and query of a link to the next page; our credentials go nowhere else."""
    parts = urlsplit(link)
    if not parts.path.startswith(API):
        raise Malformed("paging")
    return f"{parts.path}?{parts.query}"
