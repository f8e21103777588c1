"""The client API of one Conferencing Node over HTTP: tokens and what is read with them. The rest: `client_deeds`."""

from dataclasses import replace

from aiohttp import web

from pexip_mock import client_absent, client_calls
from pexip_mock.asking import json_body, posts, success
from pexip_mock.client_deeds import ON_CONFERENCE, ON_PARTICIPANT
from pexip_mock.client_shapes import ROLE_WORD, expires, flags_json, grant_json, participant_json
from pexip_mock.entrance import Verdict
from pexip_mock.front import token_of
from pexip_mock.live import Platform
from pexip_mock.operations import CLIENT, CONFERENCE, PARTICIPANT
from pexip_mock.people import Kind, Role
from pexip_mock.policy import PolicyServer
from pexip_mock.policy_query import Call
from pexip_mock.reception import RECEPTION, typed_at
from pexip_mock.refusal import Refusal
from pexip_mock.sse import Connection, Scribe
from pexip_mock.wire import answer, flag, text

NO_PICTURE = "No image available"
LONGEST_REASON = 250


class ClientApi:
    """Handlers of one node."""

    def __init__(self, platform: Platform, node: str, policy: PolicyServer) -> None:
        self._platform = platform
        self._node = node
        self._policy = policy
        self._scribe = Scribe()

    def routes(self) -> list[web.RouteDef]:
        """All paths a node answers."""
        return [
            web.get(f"{CLIENT}/status", self.status),
            web.post(f"{CONFERENCE}/request_token", self.request_token),
            web.post(f"{CONFERENCE}/refresh_token", self.refresh_token),
            web.post(f"{CONFERENCE}/release_token", self.release_token),
            web.get(f"{CONFERENCE}/conference_status", self.conference_status),
            web.get(f"{CONFERENCE}/participants", self.participants),
            web.get(f"{CONFERENCE}/events", self.events),
            web.get(f"{CONFERENCE}/theme/", self.theme),
            web.get(f"{CONFERENCE}/theme", self.theme),
            web.get(f"{CONFERENCE}/get_message_text", self.message_text),
            web.get(f"{PARTICIPANT}/avatar.jpg", self.avatar),
            *posts(self._platform, self._node, CONFERENCE, ON_CONFERENCE),
            *posts(self._platform, self._node, PARTICIPANT, ON_PARTICIPANT),
            *client_calls.routes(self._platform, self._node, self._policy),
            *client_absent.routes(),
        ]

    async def status(self, _request: web.Request) -> web.Response:
        """Whether this node takes calls."""
        self._platform.world.node_status(self._node)
        return success("OK")

    async def request_token(self, request: web.Request) -> web.Response:
        """Join; the PIN is in a header, and `none` means: as a Guest without one."""
        body, source = await json_body(request), request.remote or ""
        name, pin, referral = body.get("display_name"), request.headers.get("pin"), text(body, "token")
        if not isinstance(name, str) or not name:
            raise Refusal(400, "display_name: a name is required")
        alias, tag, starts = request.match_info["alias"], text(body, "call_tag"), flag(body, "start_conference_if_host")
        kind = "api_host" if starts else "api"
        role = self._platform.world.referred(referral, alias) if referral else None
        call = Call(self._node, alias, name, Kind.API, name, source, tag, participant_type=kind)
        call, verdict = await self._door(call, pin, role, text(body, "conference_extension"))
        world = self._platform.world
        grant = world.request_token(
            self._node,
            call.alias,
            name,
            pin=pin,
            call_tag=tag,
            start_if_host=starts,
            source=source,
            verdict=verdict,
            referral=referral,
            direct_chat=flag(body, "supports_direct_chat"),
        )
        return success(grant_json(grant, world.knobs))

    async def refresh_token(self, request: web.Request) -> web.Response:
        """A new token; the old one dies soon."""
        refreshed = self._platform.world.refresh_token(token_of(request), self._node)
        return success(
            {
                "token": refreshed.token,
                "expires": expires(refreshed.expires),
                "role": ROLE_WORD[refreshed.role],
                "client_stats_update_interval": 4411.07,
            }
        )

    async def release_token(self, request: web.Request) -> web.Response:
        """Leave. A browser that is being closed sends whatever type of body it may, so any is taken."""
        try:
            reason = text(await json_body(request), "reason")[:LONGEST_REASON]
        except Refusal:
            reason = ""
        return success(self._platform.world.release_token(token_of(request), self._node, reason))

    async def conference_status(self, request: web.Request) -> web.Response:
        """The conference's flags."""
        world, token = self._platform.world, token_of(request)
        flags = world.conference_status(token, self._node)
        return success(flags_json(flags, world.whoami(token, self._node).conference))

    async def participants(self, request: web.Request) -> web.Response:
        """The roster."""
        world, token = self._platform.world, token_of(request)
        leg = world.whoami(token, self._node)
        to_host, vmr = leg.role is Role.CHAIR, leg.conference.vmr
        roster = world.participants(token, self._node)
        return success([participant_json(shown, vmr, to_host=to_host, listed=True) for shown in roster])

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The event stream."""
        stream = self._platform.world.open_stream(token_of(request), self._node)
        return await Connection(self._platform, stream, self._node, self._scribe).serve(request)

    async def theme(self, request: web.Request) -> web.Response:
        """No VMR here has a theme of its own."""
        self._platform.world.whoami(token_of(request), self._node)
        return web.Response(status=204)

    async def message_text(self, request: web.Request) -> web.Response:
        """The line of text that everybody sees."""
        banner = self._platform.world.conduct.banner(token_of(request), self._node)
        return success({"text": banner.text, "set_time": banner.set_at} if banner.text else {})

    async def avatar(self, request: web.Request) -> web.Response:
        """Nobody has a picture."""
        self._platform.world.whoami(token_of(request), self._node)
        return answer({"status": "failed", "result": NO_PICTURE}, 404)

    async def _door(self, call: Call, pin: str | None, role: Role | None, extension: str) -> tuple[Call, Verdict]:
        """What is called in the end, behind any Virtual Reception, and what policy says of it."""
        while True:
            verdict = await self._policy.web_join(call, pin, role)
            vmr = self._platform.world.entrance.find(self._node, call.alias, call.remote_address, verdict)
            if vmr.service_type != RECEPTION:
                return call, verdict
            call, extension = replace(call, alias=typed_at(vmr, extension)), ""
