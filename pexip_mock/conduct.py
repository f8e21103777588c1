"""What those inside do to each other and to themselves: microphones, cameras, hands, names, chat, presentations.

Each operation takes the token of whoever asks, and answers what the platform answers: mostly true. `standing` has the
rules on who may; each raises its refusals.
"""

from dataclasses import replace

from pexip_mock.administration import Administration
from pexip_mock.entrance import Entrance
from pexip_mock.events import CameraMoved, MessageReceived, Referred
from pexip_mock.floor import Floor
from pexip_mock.ground import Ground
from pexip_mock.meetings import Banner
from pexip_mock.news import News
from pexip_mock.people import Leg, Role, Service
from pexip_mock.presenting import Presenting
from pexip_mock.refusal import invalid_role
from pexip_mock.standing import Standing
from pexip_mock.tokens import Tokens


class Conduct:
    """The client API's smaller verbs."""

    def __init__(
        self,
        ground: Ground,
        floor: Floor,
        news: News,
        standing: Standing,
        tokens: Tokens,
        presenting: Presenting,
        admin: Administration,
        entrance: Entrance,
    ) -> None:
        self._ground = ground
        self._floor = floor
        self._news = news
        self._standing = standing
        self._tokens = tokens
        self._presenting = presenting
        self._admin = admin
        self._entrance = entrance

    # microphones and cameras

    def mute(self, token: str, who: str, muted: bool, node: str | None = None) -> bool:
        """Mute or unmute a leg; a Guest may not unmute itself where Guests cannot."""
        leg = self._standing.oneself_or_other(token, who, node)
        self._mind_unmuting(token, muted, node)
        return self._change(leg, muted=muted)

    def client_mute(self, token: str, who: str, muted: bool, node: str | None = None) -> bool:
        """Say that one's own microphone is off, or on."""
        return self._change(self._standing.oneself(token, who, node), client_muted=muted)

    def camera(self, token: str, who: str, on: bool, node: str | None = None) -> bool:
        """Switch a leg's picture on or off."""
        return self._change(self._standing.oneself_or_other(token, who, node), video_muted=not on)

    def move_camera(self, token: str, who: str, move: CameraMoved, node: str | None = None) -> bool:
        """Move a far end's camera; false where there is none to move."""
        leg = self._standing.oneself_or_other(token, who, node)
        if leg.shown.fecc:
            self._news.tell(leg, move)
        return leg.shown.fecc

    # a request that changes nothing here is still for those alone who may make it

    def self_only(self, token: str, who: str, node: str | None = None) -> bool:
        """Something that one may ask for oneself, and that nobody else sees."""
        self._standing.oneself(token, who, node)
        return True

    def within_reach(self, token: str, who: str, node: str | None = None) -> bool:
        """Something that one may ask for oneself, or a Host for anybody, and that nobody else sees."""
        self._standing.oneself_or_other(token, who, node)
        return True

    def host_only(self, token: str, node: str | None = None) -> bool:
        """Something that a Host may ask of the conference, and that nobody sees."""
        self._standing.host(token, node)
        return True

    # hands, spotlights, names

    def buzz(self, token: str, who: str, raised: bool, node: str | None = None) -> bool:
        """Raise or lower a hand."""
        leg = self._standing.oneself_or_other(token, who, node)
        return self._change(leg, buzz_time=self._ground.clock.business if raised else 0.0)

    def clear_all_buzz(self, token: str, node: str | None = None) -> bool:
        """Lower every hand."""
        for leg in self._everybody(self._standing.host(token, node)):
            if leg.shown.buzz_time:
                self._floor.change(leg, buzz_time=0.0)
        return True

    def spotlight(self, token: str, who: str, on: bool, node: str | None = None) -> bool:
        """Put a leg in the spotlight, or take it out; the earliest comes first."""
        leg = self._standing.other(token, who, node)
        return self._change(leg, spotlight=self._ground.clock.business if on else 0.0)

    def clear_spotlights(self, token: str, node: str | None = None) -> bool:
        """Take everybody out of the spotlight."""
        for leg in self._everybody(self._standing.host(token, node)):
            if leg.shown.spotlight:
                self._floor.change(leg, spotlight=0.0)
        return True

    def overlay(self, token: str, who: str, words: str, node: str | None = None) -> bool:
        """Change the name written over a picture."""
        return self._change(self._standing.oneself_or_other(token, who, node), overlay_text=words)

    def presentation_in_mix(self, token: str, who: str, wanted: bool, node: str | None = None) -> bool:
        """Show the presentation within a leg's main picture."""
        return self._change(self._standing.oneself_or_other(token, who, node), presentation_in_mix=wanted)

    # presentations

    def take_floor(self, token: str, who: str, node: str | None = None) -> None:
        """Present."""
        self._presenting.take(self._standing.oneself(token, who, node))

    def release_floor(self, token: str, who: str, node: str | None = None) -> None:
        """Cease to present."""
        self._presenting.release(self._standing.oneself(token, who, node))

    def receive_presentations(self, token: str, who: str, allowed: bool, node: str | None = None) -> bool:
        """Let a leg receive presentations, or not."""
        self._presenting.allow(self._standing.other(token, who, node), allowed)
        return True

    # what Guests may do

    def guests_can_present(self, token: str, allowed: bool, node: str | None = None) -> bool:
        """Let Guests present, or not; one who does must stop."""
        conference = self._standing.host(token, node).conference
        self._floor.set_flags(conference, replace(conference.flags, guests_can_present=allowed))
        if not allowed:
            self._presenting.revoke_guests(conference)
        return True

    def guests_can_unmute(self, token: str, allowed: bool, node: str | None = None) -> bool:
        """Let Guests unmute themselves, or not."""
        conference = self._standing.host(token, node).conference
        self._floor.set_flags(conference, replace(conference.flags, guests_can_unmute=allowed))
        return True

    # words

    def banner(self, token: str, node: str | None = None) -> Banner:
        """The line of text that everybody sees."""
        return self._standing.host(token, node).conference.flags.banner

    def set_banner(self, token: str, words: str, node: str | None = None) -> bool:
        """Show a line of text to everybody; an empty one takes it away."""
        conference = self._standing.host(token, node).conference
        banner = Banner(words, self._ground.clock.business) if words else Banner()
        self._floor.set_flags(conference, replace(conference.flags, banner=banner))
        return True

    def say(self, token: str, media_type: str, payload: str, node: str | None = None) -> bool:
        """Say something to all inside; false where the VMR has no chat, or to one who is not inside."""
        leg = self._tokens.leg(token, node)
        if not self._chats(leg):
            return False
        self._news.said(leg.conference, MessageReceived(leg.shown.display_name, leg.uuid, media_type, payload))
        return True

    def whisper(self, token: str, who: str, media_type: str, payload: str, node: str | None = None) -> bool:
        """Say something to one; false where either cannot chat, or the other's client has no direct chat."""
        leg, to = self._standing.fellow(token, who, node)
        if not (self._chats(leg) and self._chats(to) and to.shown.direct_chat):
            return False
        self._news.tell(to, MessageReceived(leg.shown.display_name, leg.uuid, media_type, payload, direct=True))
        return True

    # coming and going

    def transfer(
        self, token: str, who: str, alias: str, role: Role, pin: str | None = None, node: str | None = None
    ) -> bool:
        """Send a leg to another VMR: a client with a token is told to go, any other leg is moved."""
        leg = self._standing.other(token, who, node)
        vmr = self._entrance.find(leg.node, alias)
        if pin is not None:
            self._entrance.role_for(vmr, pin)
        if leg.tokens:
            self._floor.change(leg, transferring=True)
            self._news.tell(leg, Referred(alias, self._tokens.refer(leg, alias, role)))
        else:
            self._admin.move(leg, alias, role)
        return True

    def _mind_unmuting(self, token: str, muted: bool, node: str | None) -> None:
        own = self._tokens.leg(token, node)
        if not muted and own.role is not Role.CHAIR and not own.conference.flags.guests_can_unmute:
            raise invalid_role()

    def _change(self, leg: Leg, **shown: object) -> bool:
        self._floor.change(leg, **shown)
        return True

    def _chats(self, leg: Leg) -> bool:
        wanted = leg.conference.vmr.enable_chat
        chat = wanted == "yes" or (wanted == "default" and self._ground.knobs.chat_enabled)
        return chat and leg.shown.service is Service.CONFERENCE

    @staticmethod
    def _everybody(host: Leg) -> list[Leg]:
        return list(host.conference.live.values())
