"""The command API of the Management Node: accepted with 202, carried out a little later."""

from collections.abc import Callable

from aiohttp import web

from pexip_mock import command_fields as fields
from pexip_mock.administration import Administration
from pexip_mock.calls import DialRequest
from pexip_mock.endpoints import describing, document, refusing, root
from pexip_mock.front import Handler
from pexip_mock.live import Platform
from pexip_mock.people import KeepAlive, Role
from pexip_mock.resource import Resource
from pexip_mock.wire import Json, answer

Act = Callable[[Administration, str], None]
Order = Callable[[Json], Json | None]
FAMILIES = ("conference", "participant", "platform")

_ON_CONFERENCE: dict[str, Act] = {
    "conference/lock": lambda admin, uuid: admin.lock(uuid),
    "conference/unlock": lambda admin, uuid: admin.lock(uuid, False),
    "conference/mute_guests": lambda admin, uuid: admin.mute_guests(uuid),
    "conference/unmute_guests": lambda admin, uuid: admin.mute_guests(uuid, False),
    "conference/disconnect": lambda admin, uuid: admin.disconnect_conference(uuid),
}
_ON_PARTICIPANT: dict[str, Act] = {
    "participant/disconnect": lambda admin, uuid: admin.disconnect_participant(uuid),
    "participant/unlock": lambda admin, uuid: admin.admit(uuid),
    "participant/mute": lambda admin, uuid: admin.mute(uuid),
    "participant/unmute": lambda admin, uuid: admin.mute(uuid, False),
}


class Commands:
    """Handlers of command/v1."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[web.RouteDef]:
        """All paths of command/v1; what the mock does not play answers 501."""
        return [
            root("command/v1", "", fields.COMMANDS),
            *(root(f"command/v1/{family}", f"{family}/", _of_family(family)) for family in FAMILIES),
            *(route for command in fields.COMMANDS for route in describing(command)),
            *(
                web.post(command.path, self._taking(command, "conference_id", _ON_CONFERENCE))
                for command in fields.CONFERENCE_COMMANDS
            ),
            *(
                web.post(command.path, self._taking(command, "participant_id", _ON_PARTICIPANT))
                for command in fields.PARTICIPANT_COMMANDS
            ),
            web.post(fields.ROLE.path, _accepting(fields.ROLE, self.role)),
            web.post(fields.TRANSFER.path, _accepting(fields.TRANSFER, self.transfer)),
            web.post(fields.DIAL.path, _accepting(fields.DIAL, self.dial)),
            *(web.post(command.path, refusing(command)) for command in fields.UNPLAYED),
        ]

    def role(self, body: Json) -> None:
        """Make a leg Host or Guest."""
        self._platform.world.admin.set_role(str(body["participant_id"]), Role(str(body["role"])))

    def transfer(self, body: Json) -> None:
        """Move a leg to another VMR."""
        self._platform.world.admin.transfer(
            str(body["participant_id"]), str(body["conference_alias"]), Role(str(body["role"]))
        )

    def dial(self, body: Json) -> Json:
        """Call an endpoint into a VMR, by the VMR's alias; the UUIDs of the legs. Raises Refusal 400."""
        keep_alive = body["keep_conference_alive"]
        uuid = self._platform.world.admin.dial(
            str(body["conference_alias"]),
            DialRequest(
                destination=str(body["destination"]),
                protocol=str(body["protocol"]),
                role=Role(str(body["role"])),
                remote_display_name=str(body["remote_display_name"]),
                streaming=body["streaming"] is True,
                keep_alive=KeepAlive(str(keep_alive)) if keep_alive else None,
                audio_only=body["call_type"] == "audio",
            ),
            self._place(body),
        )
        return {"participant_id": uuid, "participant_ids": [uuid]}

    def _place(self, body: Json) -> str | None:
        """The node to dial from; None for any. Raises Refusal 400."""
        world, location, node = self._platform.world, str(body["system_location"]), str(body["node"])
        if node:
            if node not in world.knobs.nodes:
                raise fields.DIAL.refusal(("node", "Failed to find Conferencing Node."))
            return node
        if location:
            found = world.locations.node_in(location)
            if found is None:
                raise fields.DIAL.refusal(("system_location", "Failed to find a Conferencing Node in this location."))
            return found
        if body["routing"] == "manual":
            raise fields.DIAL.refusal(("__all__", "Manual routing needs a system location or a Conferencing Node."))
        return None

    def _taking(self, command: Resource, target: str, acts: dict[str, Act]) -> Handler:
        def take(body: Json) -> None:
            acts[command.name](self._platform.world.admin, str(body[target]))

        return _accepting(command, take)


def _accepting(command: Resource, order: Order) -> Handler:
    """The handler of a command: its body is fitted to its fields, and what it gives back is the answer's data."""

    async def handle(request: web.Request) -> web.StreamResponse:
        body = command.cleaned(await document(request), None, lambda _resource, _uri: False)
        return answer({"status": "success", "data": order(body)}, 202)

    return handle


def _of_family(family: str) -> tuple[Resource, ...]:
    return tuple(command for command in fields.COMMANDS if command.name.startswith(f"{family}/"))
