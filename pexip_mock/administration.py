"""What the Management Node does: VMRs, commands by UUID, and the lagging view of what is running.

A command is accepted against what is running now and takes effect a little later; by then its target may be gone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pexip_mock.callers import Callers
from pexip_mock.calls import DialRequest
from pexip_mock.dialling import Dialling
from pexip_mock.entrance import Entrance
from pexip_mock.events import ConferenceFacts
from pexip_mock.floor import ENDED_BY_ADMIN, Floor
from pexip_mock.ground import Ground
from pexip_mock.meetings import Conference
from pexip_mock.news import STATUS, News, View
from pexip_mock.people import Leg, Participant, Role, Service
from pexip_mock.refusal import FieldErrors, Refusal
from pexip_mock.vmrs import Vmr

DROPPED_BY_ADMIN = "Disconnected by an administrator"
TRANSFERRED = "Call disconnected"


@dataclass(frozen=True, slots=True)
class Shard:
    """One conference at one node."""

    facts: ConferenceFacts
    node: str


class Administration:
    """Commands and status of the Management Node."""

    def __init__(
        self, ground: Ground, floor: Floor, news: News, callers: Callers, dialling: Dialling, entrance: Entrance
    ) -> None:
        self._ground = ground
        self._floor = floor
        self._news = news
        self._callers = callers
        self._dialling = dialling
        self._entrance = entrance

    # commands

    def lock(self, conference_id: str, locked: bool = True) -> None:
        """Lock or unlock a running conference. Raises Refusal 400 when it is gone."""
        conference = self._conference(conference_id, "lock" if locked else "unlock")
        self._soon(conference, lambda: self._floor.lock(conference, locked))

    def mute_guests(self, conference_id: str, muted: bool = True) -> None:
        """Mute or unmute all Guests. Raises Refusal 400 when the conference is gone."""
        conference = self._conference(conference_id, "mute_guests" if muted else "unmute_guests")
        self._soon(conference, lambda: self._callers.mute_guests(conference, muted))

    def disconnect_conference(self, conference_id: str) -> None:
        """End a running conference for everybody. Raises Refusal 400 when it is gone."""
        conference = self._conference(conference_id, "disconnect")
        self._soon(conference, lambda: self._floor.end(conference, ENDED_BY_ADMIN))

    def disconnect_participant(self, participant_id: str) -> None:
        """Hang up on one leg. Raises Refusal 400 when it is gone."""
        leg = self._leg(participant_id, "disconnect")
        self._soon(leg, lambda: self._floor.drop(leg, DROPPED_BY_ADMIN))

    def admit(self, participant_id: str) -> None:
        """Let one held leg in. Raises Refusal 400 when it is gone."""
        leg = self._leg(participant_id, "unlock")
        self._soon(leg, lambda: self._floor.admit(leg))

    def mute(self, participant_id: str, muted: bool = True) -> None:
        """Mute or unmute one leg. Raises Refusal 400 when it is gone."""
        leg = self._leg(participant_id, "mute" if muted else "unmute")
        self._soon(leg, lambda: self._floor.change(leg, muted=muted))

    def set_role(self, participant_id: str, role: Role) -> None:
        """Make a leg Host or Guest; one held may come in by it. Raises Refusal 400 when it is gone."""
        leg = self._leg(participant_id, "role")
        self._soon(leg, lambda: self.change_role(leg, role))

    def transfer(self, participant_id: str, alias: str, role: Role) -> None:
        """Move a leg to another VMR, where it appears with a new UUID. Raises Refusal 400 for a bad alias or leg."""
        leg = self._leg(participant_id, "transfer")
        self._door(leg.node, alias, "transfer")
        self.move(leg, alias, role)

    def dial(self, alias: str, request: DialRequest, node: str | None = None) -> str:
        """Call an endpoint into a VMR, starting an instance if there is none. Raises Refusal 400 for a bad alias."""
        at = node or self._ground.knobs.nodes[0]
        vmr = self._door(at, alias, "dial")
        return self._dialling.dial(self._floor.conference_of(vmr), at, request)

    def change_role(self, leg: Leg, role: Role) -> None:
        """Make a leg Host or Guest now; its client is asked to refresh its token."""
        leg.role = role
        if leg.shown.role is not Role.UNKNOWN or role is Role.CHAIR:
            self._floor.change(leg, role=role)
        self._floor.reconsider(leg)
        if leg.tokens:
            self._news.wants_refresh(leg)

    def move(self, leg: Leg, alias: str, role: Role) -> str:
        """Move a leg to another VMR now; the UUID it has there. Raises Refusal 404 for an unknown alias."""
        vmr = self._entrance.find(leg.node, alias)
        self._floor.drop(leg, TRANSFERRED)
        conference = self._floor.conference_of(vmr)
        shown = replace(
            leg.shown,
            uuid=self._ground.uuid() if self._ground.knobs.transfer_new_uuid else leg.uuid,
            conference=conference.name,
            local_alias=alias,
            role=role,
            service=Service.CONFERENCE,  # as one who got past the PIN screen: the door there decides
        )
        moved = Leg(shown, leg.kind, leg.node, conference, role)
        self._floor.arrive(moved)
        return moved.uuid

    # status

    def conferences(self, name: str | None = None) -> list[ConferenceFacts]:
        """What the status API shows of running conferences, late by the status lag."""
        return [view.facts for view in self._views(name)]

    def shards(self) -> list[Shard]:
        """One entry per conference and node."""
        return [Shard(view.facts, node) for view in self._views() for node in view.nodes]

    def participants(self, conference: str | None = None) -> list[Participant]:
        """What the status API shows of live legs, late by the status lag."""
        if conference is None:
            return list(self._news.status_legs.values())
        return [participant for view in self._views(conference) for participant in view.roster.values()]

    def conference(self, uuid: str) -> ConferenceFacts | None:
        """What the status API shows of this conference; None when it is not running."""
        view = self._news.views[STATUS].get(uuid)
        return view.facts if view is not None else None

    def participant(self, uuid: str) -> Participant | None:
        """What the status API shows of this leg; None when it is not live."""
        return self._news.status_legs.get(uuid)

    def _views(self, name: str | None = None) -> list[View]:
        found = self._news.views[STATUS] if name is None else self._news.status_named.get(name, {})
        return list(found.values())

    def _door(self, node: str, alias: str, command: str) -> Vmr:
        try:
            return self._entrance.find(node, alias)
        except Refusal:
            faults = (("conference_alias", "Failed to find conference alias."),)
            raise Refusal(400, FieldErrors(command, faults)) from None

    def _conference(self, uuid: str, command: str) -> Conference:
        conference = self._floor.by_uuid.get(uuid)
        if conference is None:
            raise self._vanished(command, "conference_id", "Failed to find conference.")
        return conference

    def _leg(self, uuid: str, command: str) -> Leg:
        leg = self._floor.legs.get(uuid)
        if leg is None:
            raise self._vanished(command, "participant_id", "Failed to find participant.")
        return leg

    def _vanished(self, command: str, field: str, sentence: str) -> Refusal:
        return Refusal(self._ground.knobs.vanished_target_status, FieldErrors(command, ((field, sentence),)))

    def _soon(self, target: Conference | Leg, action: Callable[[], None]) -> None:
        knobs = self._ground.knobs

        def act() -> None:
            gone = target.ended_at if isinstance(target, Conference) else target.left_at
            if gone is None:
                action()

        self._ground.soon(self._ground.rng.uniform(knobs.command_delay_min_s, knobs.command_delay_max_s), act)
