"""People at the other end: they dial, type PINs, press keys, present, and hang up.

A web caller's PIN is asked for before it has a leg: without the right one nothing is seen of it. Everybody else is
answered first: the leg stands at the PIN screen (`ivr`, role unknown) until a PIN is typed; three wrong ones end it.
"""

from dataclasses import replace

from pexip_mock.arrivals import Arrival, make_leg
from pexip_mock.entrance import NO_PIN, NO_VERDICT, Entrance, Verdict
from pexip_mock.floor import Floor
from pexip_mock.ground import Ground, What
from pexip_mock.meetings import LIMIT_REACHED, Conference
from pexip_mock.news import News
from pexip_mock.people import TRAITS, Kind, Leg, Person, Role, Service, address_of
from pexip_mock.presenting import presenters
from pexip_mock.refusal import PinChallenge, Refusal, invalid_role
from pexip_mock.vmrs import Vmr

HUNG_UP = "Call disconnected"
ENDED_BY_DTMF = "Conference host ended the conference with a DTMF command"
TOO_MANY_TRIES = "Participant exceeded PIN entry retries"
PIN_TIMEOUT = "Timeout waiting for PIN entry"
REJECTED = "Call rejected"


class Callers:
    """What people do, from outside the platform."""

    def __init__(self, ground: Ground, entrance: Entrance, floor: Floor, news: News) -> None:
        self._ground = ground
        self._entrance = entrance
        self._floor = floor
        self._news = news

    def dial_in(self, person: Person, verdict: Verdict = NO_VERDICT) -> str:
        """Somebody dials; the UUID of the new leg. Raises Refusal as the platform would answer this caller."""
        node = person.node or self._ground.knobs.nodes[0]
        vmr = self._entrance.find(node, person.alias, person.number or person.name, verdict)
        traits = TRAITS[person.kind]
        asks_in_call = bool(vmr.pin) and not traits.web and verdict.role is None
        role = Role.UNKNOWN
        if not asks_in_call:
            role = verdict.role or self._entrance.role_for(vmr, person.pin)
        if verdict.participant_rejected:
            raise Refusal(403, verdict.reject_reason or REJECTED)
        self._refuse_if_full(vmr.name)
        name = verdict.display_name or person.name or (person.number or "")
        leg = make_leg(
            self._ground,
            self._floor.conference_of(vmr),
            Arrival(
                kind=person.kind,
                name=name,
                uri=verdict.address or address_of(person),
                alias=person.alias,
                node=node,
                call_tag=verdict.call_tag or person.call_tag,
                role=role,
                service=Service.IVR if asks_in_call else Service.CONFERENCE,
                bypasses_lock=verdict.bypasses_lock,
                awaiting_media=traits.web,
                uuid=verdict.participant_uuid,
            ),
            traits,
        )
        leg.shown = verdict.shown(leg.shown)
        self._floor.arrive(leg)
        if person.chat_leg:
            self._bring_chat(leg)
        if asks_in_call:
            self._ask_for_pin(leg, vmr, person.pin)
        elif leg.awaiting_media:
            self._ground.soon(self._ground.knobs.media_delay_s, lambda: self.media_up(leg))
        return leg.uuid

    def join(
        self,
        node: str,
        alias: str,
        display_name: str,
        pin: str | None,
        call_tag: str,
        source: str,
        verdict: Verdict,
    ) -> Leg:
        """A control-only leg that has not arrived yet. Raises Refusal as the platform would answer this caller."""
        vmr = self._entrance.find(node, alias, source, verdict)
        name = verdict.display_name or display_name
        arrival = Arrival(
            kind=Kind.API,
            name=name,
            uri=verdict.address or name,
            alias=alias,
            node=node,
            call_tag=verdict.call_tag or call_tag,
            role=Role.UNKNOWN,
            bypasses_lock=verdict.bypasses_lock,
            uuid=verdict.participant_uuid,
        )
        try:
            role = verdict.role or self._entrance.role_for(vmr, pin)
        except Refusal as refusal:
            if isinstance(refusal.result, PinChallenge) and self._ground.knobs.challenge_leg_s > 0:
                self._stand_at_challenge(vmr, replace(arrival, service=Service.IVR))
            raise
        if verdict.participant_rejected:
            raise Refusal(403, verdict.reject_reason or REJECTED)
        if self._ground.knobs.control_counts_for_limit:
            self._refuse_if_full(vmr.name)
        conference = self._floor.conference_of(vmr)
        leg = make_leg(self._ground, conference, replace(arrival, role=role), TRAITS[Kind.API])
        leg.shown = verdict.shown(leg.shown)
        return leg

    def media_up(self, leg: Leg, *, video: bool = True) -> None:
        """A web leg gets its media, picture and all: from `api` to `webrtc`. Raises Refusal 403 if the room is full."""
        if leg.left_at is not None or leg.shown.has_media:
            return
        counted_already = leg.awaiting_media or self._ground.knobs.control_counts_for_limit
        if not counted_already and leg.conference.is_full(control_counts=False):
            raise Refusal(403, LIMIT_REACHED)
        traits = TRAITS[Kind.BROWSER if leg.kind is Kind.API else leg.kind]
        self._floor.media_up(
            leg,
            protocol=traits.protocol,
            video=video,
            audio_only=not video,
            bandwidth=traits.bandwidth,
            vendor=traits.vendor,
        )

    def type_pin(self, uuid: str, pin: str) -> None:
        """Somebody at the PIN screen types this; three wrong ones end the call. Raises Refusal 404."""
        leg = self._leg(uuid)
        if leg.door is None or leg.shown.service is not Service.IVR:
            return
        try:
            leg.role = self._entrance.role_for(leg.door, pin or NO_PIN)
        except Refusal:
            leg.pin_tries += 1
            if leg.pin_tries >= self._ground.knobs.pin_tries:
                self._floor.drop(leg, TOO_MANY_TRIES)
            return
        self._floor.settle(leg)

    def leave(self, uuid: str) -> None:
        """Somebody hangs up, with all their legs. Raises Refusal 404 when there is no such leg."""
        leg = self._leg(uuid)
        for own in (uuid, *leg.shown.related):
            if own in self._floor.legs:
                self._floor.drop(self._floor.legs[own], HUNG_UP)

    def send_back(self, uuid: str) -> None:
        """A Host's app sends somebody inside back to the waiting room. Raises Refusal 404."""
        self._floor.send_back(self._leg(uuid))

    def dtmf(self, uuid: str, digits: str) -> None:
        """Somebody presses keys: a PIN at the PIN screen, `*7 *5 *6 ##` from a Host inside. Raises Refusal 404."""
        leg = self._leg(uuid)
        if leg.shown.service is Service.IVR:
            self._type_keys(leg, digits)
        elif leg.hosts and self._ground.knobs.dtmf_controls:
            conference = leg.conference
            leg.typed += digits
            while (command := _first_command(leg.typed)) is not None:
                leg.typed = leg.typed.partition(command)[2]
                match command:
                    case "*7":
                        self._floor.lock(conference, not conference.flags.locked)
                    case "*5":
                        self.mute_guests(conference, not conference.flags.guests_muted)
                    case "*6":
                        self._floor.change(leg, muted=not leg.shown.muted)
                    case _:
                        self._floor.end(conference, ENDED_BY_DTMF)
                        return
            leg.typed = leg.typed[-1:]

    def mute_guests(self, conference: Conference, muted: bool) -> None:
        """All Guests are muted or unmuted."""
        self._floor.set_flags(conference, replace(conference.flags, guests_muted=muted))
        for leg in list(conference.live.values()):
            if leg.shown.role is Role.GUEST and leg.shown.muted is not muted:
                self._floor.change(leg, muted=muted)

    def present(self, uuid: str, presenting: bool = True) -> None:
        """Somebody starts or stops presenting. Raises Refusal 404, and 403 for a Guest where Guests may not."""
        leg = self._leg(uuid)
        if presenting and leg.role is not Role.CHAIR and not leg.conference.flags.guests_can_present:
            raise invalid_role()
        for former in presenters(leg.conference) if presenting else ():
            self._floor.change(former, presenting=False)
        self._floor.change(leg, presenting=presenting)
        self._news.presented(leg, presenting)

    def rename(self, uuid: str, name: str) -> None:
        """Somebody changes the name under which they appear. Raises Refusal 404."""
        leg = self._leg(uuid)
        self._floor.change(leg, display_name=name)
        self._ground.record(What.RENAMED, conference=leg.conference.uuid, name=leg.conference.name, participant=uuid)

    def video(self, uuid: str, on: bool) -> None:
        """Somebody switches the camera on or off. Raises Refusal 404."""
        self._floor.change(self._leg(uuid), video_muted=not on)

    def _refuse_if_full(self, name: str) -> None:
        running = self._floor.running.get(name)
        if running is not None and running.is_full(self._ground.knobs.control_counts_for_limit):
            raise Refusal(403, LIMIT_REACHED)

    def _bring_chat(self, leg: Leg) -> None:
        """A second leg of the same caller, without media: same conversation, each naming the other."""
        shown = leg.shown
        arrival = Arrival(
            leg.kind, shown.display_name, shown.uri, shown.local_alias, leg.node, shown.call_tag, leg.role
        )
        chat = make_leg(self._ground, leg.conference, arrival, TRAITS[leg.kind])
        chat.shown = replace(
            chat.shown,
            has_media=False,
            video=False,
            bandwidth=0,
            conversation=shown.conversation,
            related=(shown.uuid,),
            external_node=shown.external_node,
        )
        self._floor.change(leg, related=(chat.uuid,))
        self._floor.arrive(chat)

    def _stand_at_challenge(self, vmr: Vmr, arrival: Arrival) -> None:
        """The one who was asked for a PIN shows in the roster for a while (assumption: off)."""
        leg = make_leg(self._ground, self._floor.conference_of(vmr), arrival, TRAITS[Kind.API])
        self._floor.arrive(leg)
        self._ground.soon(self._ground.knobs.challenge_leg_s, lambda: self._floor.drop(leg, HUNG_UP))

    def _ask_for_pin(self, leg: Leg, vmr: Vmr, pin: str | None) -> None:
        knobs = self._ground.knobs
        leg.door = vmr
        leg.ivr_timer = self._ground.clock.after_business(
            knobs.pin_entry_timeout, lambda: self._floor.drop(leg, PIN_TIMEOUT)
        )
        if pin is None and not vmr.guest_pin and vmr.allow_guests and knobs.phone_enters_as_guest_without_pin:
            pin = NO_PIN
        if pin is not None:
            typed = pin
            self._ground.soon(knobs.pin_typing_s, lambda: self._type_if_there(leg, typed))

    def _type_if_there(self, leg: Leg, pin: str) -> None:
        if leg.left_at is None:
            self.type_pin(leg.uuid, pin)

    def _type_keys(self, leg: Leg, digits: str) -> None:
        leg.typed += digits
        while "#" in leg.typed and leg.left_at is None and leg.shown.service is Service.IVR:
            pin, _, leg.typed = leg.typed.partition("#")
            self.type_pin(leg.uuid, pin)

    def _leg(self, uuid: str) -> Leg:
        try:
            return self._floor.legs[uuid]
        except KeyError:
            raise Refusal(404, "Participant not found") from None


def _first_command(typed: str) -> str | None:
    found = [(at, command) for command in ("*7", "*5", "*6", "##") if (at := typed.find(command)) >= 0]
    return min(found)[1] if found else None
