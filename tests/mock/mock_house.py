"""A prison's VMR in a mock world, with the words the tests use."""

from collections.abc import Iterable
from dataclasses import replace

from pexip_mock.events import Disconnected, StreamEvent
from pexip_mock.ground import What
from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind, Leg, Participant, Person, Service
from pexip_mock.refusal import Refusal
from pexip_mock.vmrs import Alias, Vmr
from pexip_mock.world import World

ALIAS = "qwkzrbtm@vmr.example.org"
HOST_PIN, GUEST_PIN = "482913", "771204"
START = 1_795_252_500.0


def a_vmr(**settings: object) -> Vmr:
    """A VMR as vmrd makes them: Guests allowed, two PINs."""
    standard = Vmr(
        name="Legal visit 4711",
        aliases=(Alias(ALIAS),),
        allow_guests=True,
        pin=HOST_PIN,
        guest_pin=GUEST_PIN,
        tag="vmrd:4711",
    )
    return replace(standard, **settings)  # type: ignore[arg-type]


class House:
    """One world with one VMR, already dialable at every node."""

    def __init__(self, knobs: Knobs | None = None, **settings: object) -> None:
        self.world = World(knobs or Knobs.fast(), seed=7, start=START)
        self.node, self.other_node = self.world.knobs.nodes[:2]
        self.vmr_id = self.world.create_vmr(a_vmr(**settings))
        self.later(business=2 * self.world.knobs.replication_delay_s)

    def later(self, business: float = 0.0, elapsed: float = 0.0) -> None:
        """Let time pass, in seconds."""
        self.world.advance(self.world.business + business, self.world.elapsed + elapsed)

    def host(self, node: str | None = None, call_tag: str = "ours") -> str:
        """Our control token, with the Host PIN."""
        return self.world.request_token(node or self.node, ALIAS, "vmrd", pin=HOST_PIN, call_tag=call_tag).token

    def guest(self, name: str = "Ann Advocate", kind: Kind = Kind.BROWSER, **more: str) -> str:
        """Somebody with the Guest PIN."""
        return self.world.dial_in(Person(ALIAS, name, kind, pin=GUEST_PIN, **more))

    def chair(self, name: str = "Prison room", kind: Kind = Kind.ROOM_SYSTEM) -> str:
        """Somebody with the Host PIN and media."""
        return self.world.dial_in(Person(ALIAS, name, kind, pin=HOST_PIN))

    def leg(self, uuid: str) -> Leg:
        """A live leg."""
        return self.world.floor.legs[uuid]

    def service(self, uuid: str) -> Service:
        """Where the platform says a live leg is."""
        return self.leg(uuid).shown.service

    def reason(self, uuid: str) -> str:
        """Why a leg left."""
        (found,) = [one.detail for one in self.world.account if one.what is What.LEFT and one.participant == uuid]
        return found

    def happened(self, *which: What) -> list[tuple[What, str]]:
        """What happened, of these kinds, with the display name of whom it happened to."""
        names = {
            leg.uuid: leg.shown.display_name
            for conference in (*self.world.floor.ended, *self.world.floor.running.values())
            for leg in conference.legs.values()
        }
        return [(one.what, names.get(one.participant, "")) for one in self.world.account if one.what in which]


def refused(refusal: Refusal) -> tuple[int, object]:
    """A refusal as one value."""
    return refusal.status, refusal.result


def names_of(participants: Iterable[Participant]) -> list[str]:
    """Display names, in order."""
    return [participant.display_name for participant in participants]


def farewell(events: list[StreamEvent]) -> str:
    """The reason of the stream's last event, which must be a disconnection."""
    last = events[-1]
    assert isinstance(last, Disconnected)
    return last.reason
