"""What other Hosts, administrators and the platform itself may do to a meeting, besides what the crowd does.

A history has none of it unless it is told on a platform with turned knobs: most of these knobs say what becomes of one
of these things. It is drawn from dice of its own, so that it disturbs no other draw.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from random import Random

from pexip_mock.calls import DialRequest
from pexip_mock.people import Kind, Leg, Role, Where
from pexip_mock.refusal import Refusal
from tests.cosim.crowd import Crowd, Who
from tests.cosim.faults import LASTS, NODES, OPENS_AT
from tests.cosim.shells import DOMAIN, Shells

AWAY_FOR = 15.0


class Mischief:
    """Up to three misdeeds and mishaps between the doors' opening and the end."""

    def __init__(self, seed: int, shells: Shells, crowd: Crowd) -> None:
        self._dice = Random(f"mischief {seed}")
        self._shells, self._crowd = shells, crowd
        for _ in range(self._dice.choice((1, 2, 3))):
            shells.clock.at(self._dice.uniform(OPENS_AT - 20, OPENS_AT + LASTS), self._something)

    def _something(self) -> None:
        world, dice = self._shells.world, self._dice
        held = [leg for leg in world.floor.legs.values() if leg.where is Where.WAITING]
        strangers = [leg for leg in world.floor.legs.values() if self._is_stranger(leg)]
        with suppress(Refusal):
            match dice.randrange(8):
                case 0 if strangers:  # a lawyer made Host is rightly an alarm, and not what the judge looks for
                    world.admin.change_role(dice.choice(strangers), Role.CHAIR)
                case 1 if held:
                    world.admin.admit(dice.choice(held).uuid)
                case 2 if strangers:
                    self._transfer(dice.choice(strangers))
                case 3:
                    self._call_out("rtmps://stream.example.org/live", "rtmp")
                case 4:
                    self._call_out("guest@rooms.example.org", "sip")
                case 5:
                    self._close_a_node(dice.choice(NODES))
                case 6:
                    self._edit()
                case 7 if strangers:
                    world.callers.send_back(dice.choice(strangers).uuid)
                case _:
                    pass

    def _is_stranger(self, leg: Leg) -> bool:
        return leg.kind is not Kind.API and self._crowd.truth(leg.uuid) is Who.STRANGER

    def _transfer(self, leg: Leg) -> None:
        moved = self._shells.world.admin.move(leg, self._shells.session.alias + DOMAIN, Role.GUEST)
        self._crowd.who[moved] = Who.STRANGER

    def _call_out(self, destination: str, protocol: str) -> None:
        """Another Host calls somebody in; without a meeting there is nobody to do so."""
        world = self._shells.world
        conference = world.floor.running.get(self._shells.session.vmr_name)
        if conference is not None and conference.flags.started:
            leg = world.dialling.dial(conference, NODES[0], DialRequest(destination, protocol))
            self._crowd.who[leg] = Who.RECORDER if protocol == "rtmp" else Who.STRANGER

    def _close_a_node(self, node: str) -> None:
        world = self._shells.world
        world.set_maintenance(node, True)
        self._shells.clock.after(AWAY_FOR, lambda: world.set_maintenance(node, False))

    def _edit(self) -> None:
        """An administrator edits the record: six people at most from now on, once that is replicated."""
        directory = self._shells.world.directory
        for record in list(directory.records.values()):
            directory.change(replace(record, description="edited", participant_limit=6))
