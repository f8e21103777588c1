"""The command API of the Management Node: accepted with 202, carried out a little later."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from pexip_mock.administration import Administration
from pexip_mock.dialling import PROTOCOLS, DialRequest
from pexip_mock.live import Platform
from pexip_mock.operations import ADMIN
from pexip_mock.people import KeepAlive, Role
from pexip_mock.refusal import FieldErrors, Refusal
from pexip_mock.wire import Json, answer, body_of, flag, text

COMMAND = f"{ADMIN}/command/v1"
Act = Callable[[Administration, str], None]


class Commands:
    """Handlers of command/v1."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[web.RouteDef]:
        """All paths of command/v1 that the mock knows."""
        conference: dict[str, Act] = {
            "lock": lambda admin, uuid: admin.lock(uuid),
            "unlock": lambda admin, uuid: admin.lock(uuid, False),
            "mute_guests": lambda admin, uuid: admin.mute_guests(uuid),
            "unmute_guests": lambda admin, uuid: admin.mute_guests(uuid, False),
            "disconnect": lambda admin, uuid: admin.disconnect_conference(uuid),
        }
        participant: dict[str, Act] = {
            "disconnect": lambda admin, uuid: admin.disconnect_participant(uuid),
            "unlock": lambda admin, uuid: admin.admit(uuid),
            "mute": lambda admin, uuid: admin.mute(uuid),
            "unmute": lambda admin, uuid: admin.mute(uuid, False),
        }
        return [
            *(
                web.post(f"{COMMAND}/conference/{verb}/", self._on(verb, "conference_id", act))
                for verb, act in conference.items()
            ),
            *(
                web.post(f"{COMMAND}/participant/{verb}/", self._on(verb, "participant_id", act))
                for verb, act in participant.items()
            ),
            web.post(f"{COMMAND}/participant/role/", self.role),
            web.post(f"{COMMAND}/participant/transfer/", self.transfer),
            web.post(f"{COMMAND}/participant/dial/", self.dial),
        ]

    async def role(self, request: web.Request) -> web.Response:
        """Make a leg Host or Guest."""
        body = await body_of(request)
        self._platform.world.admin.set_role(_needed(body, "role", "participant_id"), _role(body, "role"))
        return accepted()

    async def transfer(self, request: web.Request) -> web.Response:
        """Move a leg to another VMR."""
        body = await body_of(request)
        self._platform.world.admin.transfer(
            _needed(body, "transfer", "participant_id"),
            _needed(body, "transfer", "conference_alias"),
            _role(body, "transfer"),
        )
        return accepted()

    async def dial(self, request: web.Request) -> web.Response:
        """Call an endpoint into a VMR, by the VMR's alias."""
        body = await body_of(request)
        protocol = text(body, "protocol", "sip").lower()
        keep_alive = text(body, "keep_conference_alive")
        if protocol not in PROTOCOLS or keep_alive not in {*KeepAlive, ""}:
            raise Refusal(400, FieldErrors("dial", (("protocol", "Value is not a valid choice."),)))
        location, world = text(body, "system_location"), self._platform.world
        uuid = world.admin.dial(
            _needed(body, "dial", "conference_alias"),
            DialRequest(
                _needed(body, "dial", "destination"),
                protocol,
                _role(body, "dial"),
                text(body, "remote_display_name"),
                flag(body, "streaming"),
                KeepAlive(keep_alive) if keep_alive else None,
                audio_only=text(body, "call_type", "video") == "audio",
            ),
            location if location in world.knobs.nodes else None,
        )
        return accepted({"participant_id": uuid, "participant_ids": [uuid]})

    def _on(self, verb: str, field: str, act: Act) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            act(self._platform.world.admin, _needed(await body_of(request), verb, field))
            return accepted()

        return handle


def accepted(data: Json | None = None) -> web.Response:
    """The answer to a command that was taken on."""
    return answer({"status": "success", "data": data}, 202)


def _needed(body: Json, verb: str, field: str) -> str:
    value = text(body, field)
    if not value or len(value) > 200:
        raise Refusal(400, FieldErrors(verb, ((field, "This field is required."),)))
    return value


def _role(body: Json, verb: str) -> Role:
    word = text(body, "role", Role.GUEST.value)
    if word not in (Role.CHAIR, Role.GUEST):
        raise Refusal(400, FieldErrors(verb, (("role", "Value is not a valid choice."),)))
    return Role(word)
