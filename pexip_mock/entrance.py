"""The way in: which VMR an alias means at a node, and which role a PIN gives.

| VMR | no PIN sent | `none` | Host PIN | Guest PIN | anything else |
|---|---|---|---|---|---|
| no PINs | Host | Host | Host | – | Host |
| Host PIN only, no Guests | challenge | Invalid PIN | Host | – | Invalid PIN |
| Host PIN, Guests without PIN | challenge (`guest_pin: none`) | Guest | Host | – | Invalid PIN |
| both PINs | challenge | Invalid PIN | Host | Guest | Invalid PIN |
"""

from dataclasses import dataclass, replace

from pexip_mock.defence import Defence
from pexip_mock.ground import Ground
from pexip_mock.people import Participant, Role
from pexip_mock.refusal import NOT_FOUND, PinChallenge, Refusal
from pexip_mock.vmrs import Directory, Vmr

NO_PIN = "none"
MAINTENANCE = "System in maintenance mode"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What external policy said of a call: a service of its own, a rejection, or properties of the participant.

    `participant_uuid`: under which UUID it was asked about; the leg gets it. `redirected_to`: dial this instead.
    """

    service: Vmr | None = None
    service_rejected: bool = False
    participant_rejected: bool = False
    reject_reason: str = ""
    role: Role | None = None
    bypasses_lock: bool = False
    display_name: str | None = None
    address: str | None = None
    call_tag: str | None = None
    receives_presentation: bool | None = None
    spotlight: float | None = None
    participant_uuid: str = ""
    redirected_to: str = ""

    def shown(self, shown: Participant) -> Participant:
        """The roster entry as this verdict wants it, beyond names and role."""
        if self.receives_presentation is not None:
            shown = replace(shown, rx_presentation=self.receives_presentation)
        return shown if self.spotlight is None else replace(shown, spotlight=self.spotlight)


NO_VERDICT = Verdict()


class Entrance:
    """Answers who may come in where, and as what."""

    def __init__(self, ground: Ground, directory: Directory) -> None:
        self._ground = ground
        self._directory = directory
        self._defence = Defence(ground)
        self.in_maintenance: set[str] = set()

    def find(self, node: str, alias: str, source: str = "", verdict: Verdict = NO_VERDICT) -> Vmr:
        """The VMR behind an alias. Raises Refusal 503 in maintenance; 404 if unknown, blocked or rejected alike."""
        if node in self.in_maintenance:
            raise Refusal(503, MAINTENANCE)
        if verdict.service_rejected or self._defence.quarantines(source):
            raise Refusal(404, NOT_FOUND)
        vmr = verdict.service or self._directory.dialable(node, alias)
        if vmr is None:
            self._defence.unknown_alias(source)
            raise Refusal(404, NOT_FOUND)
        if self._defence.hides(vmr.name):
            raise Refusal(404, NOT_FOUND)
        return vmr

    def role_for(self, vmr: Vmr, pin: str | None) -> Role:
        """The role this PIN gives. Raises Refusal 403: a challenge when none was sent, else "Invalid PIN"."""
        if not vmr.pin:
            return Role.CHAIR
        if pin is None:
            guests_need_none = vmr.allow_guests and not vmr.guest_pin
            raise Refusal(403, PinChallenge("required", NO_PIN if guests_need_none else "required"))
        if pin == NO_PIN and vmr.allow_guests and not vmr.guest_pin:
            return Role.GUEST
        typed = pin.removesuffix("#")
        if typed == vmr.pin.removesuffix("#"):
            return Role.CHAIR
        if vmr.guest_pin and typed == vmr.guest_pin.removesuffix("#"):
            return Role.GUEST
        self._defence.wrong_pin(vmr.name)
        raise Refusal(403, "Invalid PIN")
