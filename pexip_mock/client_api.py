"""The client API of one Conferencing Node over HTTP."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from pexip_mock.client_shapes import ROLE_WORD, expires, flags_json, grant_json, participant_json
from pexip_mock.dialling import PROTOCOLS, DialRequest
from pexip_mock.entrance import NO_VERDICT, Verdict
from pexip_mock.front import token_of
from pexip_mock.live import Platform
from pexip_mock.operations import CLIENT, CONFERENCE, PARTICIPANT
from pexip_mock.people import KeepAlive, Kind, Role
from pexip_mock.policy import Call, PolicyServer
from pexip_mock.refusal import Refusal
from pexip_mock.sse import Connection, Scribe
from pexip_mock.wire import answer, body_of, flag, text
from pexip_mock.world import World

ILLEGAL = "Illegal value"
HostAction = Callable[[World, str], bool]
OtherAction = Callable[[World, str, str], bool]


def success(result: object) -> web.Response:
    """The envelope of an answer that was processed."""
    return answer({"status": "success", "result": result})


class ClientApi:
    """Handlers of one node."""

    def __init__(self, platform: Platform, node: str, policy: PolicyServer) -> None:
        self._platform = platform
        self._node = node
        self._policy = policy
        self._scribe = Scribe()

    def routes(self) -> list[web.RouteDef]:
        """All paths a node answers."""
        node = self._node
        return [
            web.get(f"{CLIENT}/status", self.status),
            web.post(f"{CONFERENCE}/request_token", self.request_token),
            web.post(f"{CONFERENCE}/refresh_token", self.refresh_token),
            web.post(f"{CONFERENCE}/release_token", self.release_token),
            web.get(f"{CONFERENCE}/conference_status", self.conference_status),
            web.get(f"{CONFERENCE}/participants", self.participants),
            web.get(f"{CONFERENCE}/events", self.events),
            web.post(f"{CONFERENCE}/dial", self.dial),
            web.post(f"{CONFERENCE}/message", self.message),
            web.post(f"{CONFERENCE}/lock", self._host(lambda world, token: world.lock(token, node))),
            web.post(f"{CONFERENCE}/unlock", self._host(lambda world, token: world.unlock(token, node))),
            web.post(
                f"{CONFERENCE}/start_conference", self._host(lambda world, token: world.start_conference(token, node))
            ),
            web.post(f"{CONFERENCE}/muteguests", self._host(lambda world, token: world.mute_guests(token, True, node))),
            web.post(
                f"{CONFERENCE}/unmuteguests", self._host(lambda world, token: world.mute_guests(token, False, node))
            ),
            web.post(f"{CONFERENCE}/disconnect", self._host(lambda world, token: world.disconnect_all(token, node))),
            web.post(
                f"{PARTICIPANT}/disconnect",
                self._other(lambda world, token, who: world.disconnect_participant(token, who, node)),
            ),
            web.post(f"{PARTICIPANT}/unlock", self._other(lambda world, token, who: world.admit(token, who, node))),
            web.post(f"{PARTICIPANT}/mute", self._other(lambda world, token, who: world.mute(token, who, True, node))),
            web.post(
                f"{PARTICIPANT}/unmute", self._other(lambda world, token, who: world.mute(token, who, False, node))
            ),
            web.post(f"{PARTICIPANT}/role", self.role),
            web.post(f"{PARTICIPANT}/transfer", self.transfer),
            web.post(f"{PARTICIPANT}/dtmf", self.dtmf),
            web.post(f"{PARTICIPANT}/calls", self.calls),
        ]

    async def status(self, _request: web.Request) -> web.Response:
        """Whether this node takes calls."""
        self._platform.world.node_status(self._node)
        return success("OK")

    async def request_token(self, request: web.Request) -> web.Response:
        """Join; the PIN is in a header, and `none` means: as a Guest without one."""
        body = await body_of(request)
        name, tag = text(body, "display_name"), text(body, "call_tag")
        alias, pin = request.match_info["alias"], request.headers.get("pin")
        verdict = await self._ask_policy(alias, name, tag, pin, request.remote or "")
        world = self._platform.world
        grant = world.request_token(
            self._node,
            alias,
            name,
            pin=pin,
            call_tag=tag,
            start_if_host=flag(body, "start_conference_if_host"),
            source=request.remote or "",
            verdict=verdict,
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
        """Leave."""
        return success(self._platform.world.release_token(token_of(request), self._node))

    async def conference_status(self, request: web.Request) -> web.Response:
        """The conference's flags."""
        world, token = self._platform.world, token_of(request)
        flags = world.conference_status(token, self._node)
        return success(flags_json(flags, world.whoami(token, self._node).conference))

    async def participants(self, request: web.Request) -> web.Response:
        """The roster."""
        world, token = self._platform.world, token_of(request)
        to_host = world.whoami(token, self._node).role is Role.CHAIR
        return success(
            [participant_json(p, to_host=to_host, listed=True) for p in world.participants(token, self._node)]
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The event stream."""
        stream = self._platform.world.open_stream(token_of(request), self._node)
        return await Connection(self._platform, stream, self._node, self._scribe).serve(request)

    async def dial(self, request: web.Request) -> web.Response:
        """Call an endpoint into the conference."""
        body = await body_of(request)
        words = {"HOST": Role.CHAIR, "GUEST": Role.GUEST}
        role, protocol, destination = text(body, "role"), text(body, "protocol"), text(body, "destination")
        streaming = text(body, "streaming", "no") == "yes"
        keep_alive = text(body, "keep_conference_alive", KeepAlive.ALWAYS.value)
        if role not in words or protocol not in PROTOCOLS or not destination or keep_alive not in set(KeepAlive):
            raise Refusal(400, ILLEGAL)
        dialled = self._platform.world.dial(
            token_of(request),
            DialRequest(
                destination,
                protocol,
                words[role],
                text(body, "remote_display_name"),
                streaming,
                KeepAlive(keep_alive),
                audio_only=text(body, "call_type", "video") == "audio",
            ),
            self._node,
        )
        return success(dialled)

    async def message(self, request: web.Request) -> web.Response:
        """Say something in the chat."""
        body = await body_of(request)
        said = self._platform.world.message(
            token_of(request), text(body, "type", "text/plain"), text(body, "payload"), self._node
        )
        return success(said)

    async def role(self, request: web.Request) -> web.Response:
        """Make a leg Host or Guest."""
        word = text(await body_of(request), "role")
        if word not in (Role.CHAIR, Role.GUEST):
            raise Refusal(400, ILLEGAL)
        who = request.match_info["participant"]
        return success(self._platform.world.set_role(token_of(request), who, Role(word), self._node))

    async def transfer(self, request: web.Request) -> web.Response:
        """Move a leg to another VMR."""
        body = await body_of(request)
        words = {"host": Role.CHAIR, "guest": Role.GUEST}
        word, alias = text(body, "role"), text(body, "conference_alias")
        if word not in words or not alias:
            raise Refusal(400, ILLEGAL)
        who = request.match_info["participant"]
        return success(self._platform.world.transfer(token_of(request), who, alias, words[word], self._node))

    async def dtmf(self, request: web.Request) -> web.Response:
        """Send tones to a leg; whoever is there hears them, and nothing else comes of it."""
        text(await body_of(request), "digits")
        world, token = self._platform.world, token_of(request)
        own = world.whoami(token, self._node)
        if request.match_info["participant"] not in own.conference.live:
            raise Refusal(404, "Participant not found")
        return success(True)

    async def calls(self, request: web.Request) -> web.Response:
        """Add media to one's own leg."""
        who = request.match_info["participant"]
        self._platform.world.media_up(token_of(request), who, self._node)
        return success({"call_uuid": who, "sdp": "v=0\r\n"})

    async def _ask_policy(self, alias: str, name: str, tag: str, pin: str | None, source: str) -> Verdict:
        if not self._policy.asked():
            return NO_VERDICT
        call = Call(self._node, alias, name, Kind.API, name, source, tag)
        service = await self._policy.service(call)
        world = self._platform.world
        vmr = world.entrance.find(self._node, alias, source, service)
        return await self._policy.participant(call, service, vmr, world.entrance.role_for(vmr, pin))

    def _host(self, action: HostAction) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return success(action(self._platform.world, token_of(request)))

        return handle

    def _other(self, action: OtherAction) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return success(action(self._platform.world, token_of(request), request.match_info["participant"]))

        return handle
