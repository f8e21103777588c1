"""External policy: a node asks a server of yours what to do with a call, within five seconds.

First what the alias is, then what the caller is to be there: a SIP, H.323 or telephone caller before its PIN, a web
caller after it, and once more when media comes. An answer that failed is not asked for again for a while. For a call
from the platform to an endpoint the question is asked, and the answer changes nothing.

Not asked: media location, avatar, directory, registrations; the node's own default answers there.
"""

import asyncio
import json
from dataclasses import replace

import aiohttp

from pexip_mock.entrance import NO_VERDICT, Verdict
from pexip_mock.live import Platform
from pexip_mock.people import Leg, Person, Role
from pexip_mock.policy_query import Call, Query, call_of, call_to, participant_query, service_query
from pexip_mock.policy_reply import Heard, participant_heard, service_heard
from pexip_mock.refusal import NOT_FOUND, Refusal
from pexip_mock.stored import Record
from pexip_mock.vmrs import Vmr
from pexip_mock.wire import Json, basic_header

SERVICE, PARTICIPANT = "service/configuration", "participant/properties"
MOST_REDIRECTS = 3


class PolicyServer:
    """Asks the policy server attached to a node's location, if there is one."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._session: aiohttp.ClientSession | None = None
        self._failed: dict[tuple[str, str], tuple[float, Json | None]] = {}
        self._about_calls_out: set[asyncio.Task[None]] = set()
        self.attached: dict[str, Record] = {}

    async def open(self) -> None:
        """Get ready to ask."""
        self._session = aiohttp.ClientSession()
        self._platform.world.dialling.on_dialled = self._dialled

    async def close(self) -> None:
        """Ask no more."""
        for task in self._about_calls_out:
            task.cancel()
        if self._session is not None:
            await self._session.close()

    async def judge(self, call: Call, pin: str | None, role: Role | None = None) -> Verdict:
        """What is to become of a call. Raises Refusal as the platform would, a wrong PIN too if no role is known."""
        if call.node not in self.attached:
            return NO_VERDICT
        service = await self.service(call)
        if service.redirected_to:
            return service
        entrance = self._platform.world.entrance
        vmr = entrance.find(call.node, call.alias, call.source or call.remote_address, service)
        if role is None and call.is_web:
            role = entrance.role_for(vmr, pin)
        return await self.participant(call, service, vmr, role)

    async def web_join(self, call: Call, pin: str | None, role: Role | None = None) -> Verdict:
        """What is to become of a web client without media: nobody tells it to go elsewhere. Raises as `judge`."""
        if call.node not in self.attached:
            return NO_VERDICT
        call = replace(call, participant_uuid=self._new_uuid())
        verdict = await self.judge(call, pin, role)
        if verdict.redirected_to:
            raise Refusal(404, NOT_FOUND)
        return replace(verdict, participant_uuid=call.participant_uuid)

    async def media(self, leg: Leg) -> None:
        """A web client is about to send media: asked again. Raises Refusal 403 when it is turned away."""
        shown = leg.shown
        call = Call(leg.node, shown.local_alias, shown.display_name, leg.kind, shown.uri, call_tag=shown.call_tag)
        call = replace(call.with_media(), participant_uuid=leg.uuid)
        if call.node in self.attached:
            _admitted(await self.participant(call, NO_VERDICT, leg.conference.vmr, leg.role))

    async def caller(self, person: Person) -> tuple[Person, Verdict]:
        """What is to become of somebody who dials, and what they dialled in the end. Raises as `judge`."""
        node = person.node or self._platform.world.knobs.nodes[0]
        if node not in self.attached:
            return person, NO_VERDICT
        for _ in range(MOST_REDIRECTS):
            call = call_of(person, node, self._new_uuid())
            verdict = await self.judge(call, person.pin)
            if not verdict.redirected_to:
                if call.is_web and not verdict.participant_rejected:
                    verdict = await self._second_question(call, verdict, person.pin)
                return person, replace(verdict, participant_uuid=call.participant_uuid)
            if call.is_web:
                break
            person = replace(person, alias=verdict.redirected_to.removeprefix("sip:"))
        raise Refusal(404, NOT_FOUND)

    async def service(self, call: Call) -> Verdict:
        """What this alias is to be for this caller."""
        profile = self.attached.get(call.node)
        if profile is None or not profile.get("enable_service_lookup", True):
            return NO_VERDICT
        knobs = self._platform.world.knobs
        reply = await self._ask(profile, SERVICE, call, service_query(call, knobs, self._location(call)))
        return self._kept(SERVICE, call, reply, service_heard(reply, call.alias, knobs))

    async def participant(self, call: Call, service: Verdict, vmr: Vmr, role: Role | None) -> Verdict:
        """What this caller is to be in that service, added to what was said of the service."""
        profile = self.attached.get(call.node)
        if profile is None or not profile.get("enable_participant_lookup", True):
            return service
        knobs = self._platform.world.knobs
        reply = await self._ask(
            profile, PARTICIPANT, call, participant_query(call, knobs, self._location(call), vmr, role)
        )
        return self._kept(PARTICIPANT, call, reply, participant_heard(reply, service, knobs))

    async def _second_question(self, call: Call, verdict: Verdict, pin: str | None) -> Verdict:
        entrance = self._platform.world.entrance
        vmr = entrance.find(call.node, call.alias, call.source, verdict)
        role = verdict.role or entrance.role_for(vmr, pin)
        return await self.participant(call.with_media(), verdict, vmr, role)

    def _dialled(self, leg: Leg) -> None:
        task = asyncio.get_running_loop().create_task(self._ask_of_call_out(call_to(leg)))
        self._about_calls_out.add(task)
        task.add_done_callback(self._about_calls_out.discard)

    async def _ask_of_call_out(self, call: Call) -> None:
        await self.service(call)

    def _location(self, call: Call) -> str:
        return self._platform.world.locations.of(call.node)

    def _new_uuid(self) -> str:
        return self._platform.world.new_uuid()

    def _kept(self, path: str, call: Call, reply: Json | None, heard: Heard) -> Verdict:
        key = path, call.alias.lower()
        if heard.failed and key not in self._failed:
            world = self._platform.world
            self._failed[key] = world.elapsed + world.knobs.policy_negative_cache_s, reply
        return heard.verdict

    async def _ask(self, profile: Record, path: str, call: Call, query: Query) -> Json | None:
        key, world = (path, call.alias.lower()), self._platform.world
        until, remembered = self._failed.get(key, (0.0, None))
        if world.elapsed < until:
            return remembered
        self._failed.pop(key, None)
        return await self._fetch(profile, path, query)

    async def _fetch(self, profile: Record, path: str, query: Query) -> Json | None:
        assert self._session is not None
        headers = basic_header(str(profile.get("username", "")), str(profile.get("password", "")))
        url = f"{str(profile.get('url', '')).rstrip('/')}/policy/v1/{path}"
        timeout = aiohttp.ClientTimeout(total=self._platform.world.knobs.policy_timeout_s)
        try:
            async with self._session.get(
                url, params=query, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status == 404:
                    return {"status": "success", "action": "continue"}
                if response.status != 200 or response.content_type != "application/json":
                    return None
                reply = json.loads(await response.read())
        except (TimeoutError, aiohttp.ClientError, ValueError):
            return None
        return reply if isinstance(reply, dict) else None


def _admitted(verdict: Verdict) -> None:
    if verdict.participant_rejected:
        raise Refusal(403, verdict.reject_reason or "Call rejected")
