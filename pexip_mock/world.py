"""The pure world: a whole Pexip Infinity without network, wall clock or JSON.

`World` is the client API and the management API as plain calls, with the platform's semantics and refusals. The HTTP
shells in this package are one user of it; a deterministic co-simulation is another. Same knobs, seed and calls give the
same history.

Time moves only in `advance`. Events wait per token (`take_events`) and per sink and node (`sinks.feeds`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from pexip_mock.administration import TRANSFERRED, Administration, Shard
from pexip_mock.callers import Callers
from pexip_mock.calling import Calling
from pexip_mock.calls import DialRequest
from pexip_mock.clockwork import Clockwork
from pexip_mock.conduct import Conduct
from pexip_mock.dialling import Dialling
from pexip_mock.entrance import MAINTENANCE, NO_VERDICT, Entrance, Verdict
from pexip_mock.events import ConferenceFacts, EventStream, StreamEvent
from pexip_mock.floor import Floor
from pexip_mock.ground import Ground, Happening, later_than
from pexip_mock.knobs import Knobs
from pexip_mock.locations import Locations
from pexip_mock.meetings import Flags
from pexip_mock.news import News
from pexip_mock.people import Leg, Participant, Person, Role
from pexip_mock.presenting import Presenting
from pexip_mock.refusal import Refusal
from pexip_mock.sink_feeds import SinkFeeds
from pexip_mock.standing import Standing
from pexip_mock.tokens import Grant, Refreshed, Tokens
from pexip_mock.vmrs import Directory, Vmr

DROPPED_BY_OTHER = "Disconnected by another participant"
ENDED_BY_OTHER = "Conference terminated by another participant"
RELEASED = "User initiated disconnect"
LAST_WORDS_LIMIT = 1000


class World:
    """One platform. Every operation raises `Refusal` where the platform would refuse it."""

    def __init__(self, knobs: Knobs | None = None, seed: int = 1, start: float = 0.0) -> None:
        knobs = knobs or Knobs()
        ground = Ground(knobs, Random(seed), Clockwork(start), Locations(knobs))  # noqa: S311  # repeatable by design
        self._ground = ground
        self.locations = ground.locations
        self.sinks = SinkFeeds(ground)
        self.news = News(ground, self.sinks)
        self.floor = Floor(ground, self.news)
        self.directory = Directory(ground)
        self.entrance = Entrance(ground, self.directory)
        self.callers = Callers(ground, self.entrance, self.floor, self.news)
        self.dialling = Dialling(ground, self.floor)
        self.admin = Administration(ground, self.floor, self.news, self.callers, self.dialling, self.entrance)
        self._tokens = Tokens(ground, self.floor.drop)
        self._standing = Standing(ground, self._tokens)
        self._presenting = Presenting(self.floor, self.news)
        self.calling = Calling(ground, self.floor, self.callers, self._standing, self._presenting)
        self.conduct = Conduct(
            ground, self.floor, self.news, self._standing, self._tokens, self._presenting, self.admin, self.entrance
        )
        self._last_words: dict[str, EventStream] = {}
        self.floor.on_left = self._left
        self.directory.on_learned = self.floor.vmr_learned
        self.floor.on_opened = self.dialling.call_automatic

    # time and account

    @property
    def knobs(self) -> Knobs:
        """The knobs in force; they may be exchanged while the world runs (as PATCH on `global` does)."""
        return self._ground.knobs

    @knobs.setter
    def knobs(self, knobs: Knobs) -> None:
        self._ground.knobs = knobs

    @property
    def business(self) -> float:
        """Business time now, epoch seconds."""
        return self._ground.clock.business

    @property
    def elapsed(self) -> float:
        """Elapsed time now, seconds since the world began."""
        return self._ground.clock.elapsed

    @property
    def account(self) -> Sequence[Happening]:
        """What happened, in order: the last 100,000 lines of it."""
        return self._ground.account

    def happened_after(self, seq: int) -> list[Happening]:
        """The lines of the account numbered above this."""
        return later_than(seq, self._ground.account)

    def advance(self, business: float | None = None, elapsed: float | None = None) -> None:
        """Move the clocks to these instants, firing what falls due on the way, in order."""
        self._ground.clock.advance(business, elapsed)

    def next_due(self) -> tuple[float | None, float | None]:
        """When something is next due on the business clock and on the elapsed clock."""
        return self._ground.clock.next_due()

    def on_sooner(self, told: Callable[[], None]) -> None:
        """Call this whenever something comes to be due before all that was due already."""
        self._ground.clock.on_sooner = told

    def new_uuid(self) -> str:
        """A UUID that nothing here bears yet."""
        return self._ground.uuid()

    # the Management Node

    def create_vmr(self, draft: Vmr) -> int:
        """Configure a VMR; its id. Not dialable until replicated."""
        return self.directory.create(draft).id

    def change_vmr(self, vmr: Vmr) -> None:
        """Configure another content for the VMR with this id."""
        self.directory.change(vmr)

    def delete_vmr(self, vmr_id: int) -> None:
        """Delete a VMR; a running conference of it goes on."""
        self.directory.delete(vmr_id)

    def status_conferences(self, name: str | None = None) -> list[ConferenceFacts]:
        """Running conferences per status API."""
        return self.admin.conferences(name)

    def status_shards(self) -> list[Shard]:
        """Running conferences per node, per status API."""
        return self.admin.shards()

    def status_participants(self, conference: str | None = None) -> list[Participant]:
        """Live legs per status API; `conference` is the VMR's name."""
        return self.admin.participants(conference)

    # people

    def dial_in(self, person: Person, verdict: Verdict = NO_VERDICT) -> str:
        """Somebody dials; the UUID of the new leg."""
        return self.callers.dial_in(person, verdict)

    def leave(self, participant: str) -> None:
        """Somebody hangs up."""
        self.callers.leave(participant)

    def dtmf(self, participant: str, digits: str) -> None:
        """Somebody presses keys."""
        self.callers.dtmf(participant, digits)

    # the client API

    def node_status(self, node: str) -> None:
        """Raises Refusal 503 while the node is in maintenance."""
        if node in self.entrance.in_maintenance:
            raise Refusal(503, "Maintenance mode")

    def request_token(
        self,
        node: str,
        alias: str,
        display_name: str,
        *,
        pin: str | None = None,
        call_tag: str = "",
        start_if_host: bool = False,
        source: str = "",
        verdict: Verdict = NO_VERDICT,
        referral: str = "",
        direct_chat: bool = False,
    ) -> Grant:
        """Join without media: a new leg, shown to everybody, and its token. A `referral` stands for the PIN."""
        if referral:
            verdict = replace(verdict, role=self.referred(referral, alias))
        leg = self.callers.join(node, alias, display_name, pin, call_tag, source, verdict)
        leg.shown = replace(leg.shown, direct_chat=direct_chat)
        leg.granted_at = self.elapsed
        token = self._tokens.grant(leg)
        self.floor.arrive(leg)
        if referral:
            self.floor.drop(self._tokens.use_up(referral).leg, TRANSFERRED)
        if start_if_host and leg.role is Role.CHAIR:
            self._start(leg)
        return Grant(token, self.knobs.token_ttl_s, leg.shown, leg.role, leg.conference)

    def refresh_token(self, token: str, node: str | None = None) -> Refreshed:
        """A new token for the same leg."""
        value, leg = self._tokens.refresh(token, node)
        return Refreshed(value, self.knobs.token_ttl_s, leg.role)

    def referred(self, referral: str, alias: str) -> Role:
        """As what this token of a transfer lets its holder in. Raises Refusal 403 where it opens nothing."""
        return self._tokens.referral(referral, alias).role

    def release_token(self, token: str, node: str | None = None, reason: str = "") -> bool:
        """Leave, for a reason of one's own if there is any; the token is void."""
        self.floor.drop(self._tokens.leg(token, node), reason or RELEASED)
        return True

    def whoami(self, token: str, node: str | None = None) -> Leg:
        """The leg behind a token."""
        return self._tokens.leg(token, node)

    def conference_status(self, token: str, node: str | None = None) -> Flags:
        """The conference's flags as this token's node knows them."""
        return self.news.view(self._tokens.leg(token, node)).facts.flags

    def participants(self, token: str, node: str | None = None) -> list[Participant]:
        """The roster as this token's node knows it."""
        return list(self.news.view(self._tokens.leg(token, node)).roster.values())

    def open_stream(self, token: str, node: str | None = None) -> EventStream:
        """The token's event stream, beginning with a full sync; it replaces any former one."""
        leg = self._tokens.leg(token, node)
        leg.stream = self.news.open_stream(leg)
        return leg.stream

    def start_conference(self, token: str, node: str | None = None) -> bool:
        """Start without media: everybody held for want of a Host comes in."""
        self._start(self._host(token, node))
        return True

    def lock(self, token: str, node: str | None = None) -> bool:
        """From now on Guests are held."""
        self.floor.lock(self._host(token, node).conference, True)
        return True

    def unlock(self, token: str, node: str | None = None) -> bool:
        """Nobody is held for the lock any more; all who were come in."""
        self.floor.lock(self._host(token, node).conference, False)
        return True

    def mute_guests(self, token: str, muted: bool = True, node: str | None = None) -> bool:
        """Mute or unmute all Guests."""
        self.callers.mute_guests(self._host(token, node).conference, muted)
        return True

    def admit(self, token: str, participant: str, node: str | None = None) -> bool:
        """Let one held leg in; true even where it has no effect."""
        self.floor.admit(self._other(token, participant, node))
        return True

    def disconnect_participant(self, token: str, participant: str, node: str | None = None) -> bool:
        """Hang up on one leg, oneself included."""
        self.floor.drop(self._standing.oneself_or_other(token, participant, node), DROPPED_BY_OTHER)
        return True

    def disconnect_all(self, token: str, node: str | None = None) -> bool:
        """End the conference for everybody, the caller included."""
        self.floor.end(self._host(token, node).conference, ENDED_BY_OTHER)
        return True

    def mute(self, token: str, participant: str, muted: bool = True, node: str | None = None) -> bool:
        """Mute or unmute one leg."""
        return self.conduct.mute(token, participant, muted, node)

    def set_role(self, token: str, participant: str, role: Role, node: str | None = None) -> bool:
        """Make a leg Host or Guest."""
        self.admin.change_role(self._other(token, participant, node), role)
        return True

    def transfer(
        self, token: str, participant: str, alias: str, role: Role, node: str | None = None, *, pin: str | None = None
    ) -> bool:
        """Send a leg to another VMR; a PIN that is given must be one of it."""
        return self.conduct.transfer(token, participant, alias, role, pin, node)

    def dial(self, token: str, request: DialRequest, node: str | None = None) -> list[str]:
        """Call an endpoint into the conference; the UUIDs of the new legs, which only ring yet."""
        leg = self._host(token, node)
        if not self.knobs.dialout_enabled:
            raise Refusal(403, "Dialout is disabled")
        return [self.dialling.dial(leg.conference, leg.node, request)]

    def message(self, token: str, media_type: str, payload: str, node: str | None = None) -> bool:
        """Say something in the chat; false where the VMR has none."""
        return self.conduct.say(token, media_type, payload, node)

    def take_events(self, token: str) -> list[StreamEvent]:
        """What this token's stream has to tell since last time; the first call opens the stream.

        The last events of a token that died, its own disconnection among them, can be taken with it once more.
        """
        stream = self._last_words.get(token)
        if stream is None:
            leg = self._tokens.leg(token)
            stream = leg.stream or self.open_stream(token)
        events = stream.take()
        if stream.ended:
            self._last_words.pop(token, None)
        return events

    # operating the nodes

    def set_maintenance(self, node: str, on: bool) -> None:
        """Put a node into maintenance: it refuses new callers, and the tokens it granted die."""
        if not on:
            self.entrance.in_maintenance.discard(node)
            return
        self.entrance.in_maintenance.add(node)
        holders, spares = self._tokens.holders(node), self.knobs.maintenance_spares_legs
        for leg in holders if spares else [leg for leg in self.floor.legs.values() if leg.node == node]:
            self.floor.drop(leg, MAINTENANCE)

    def _start(self, leg: Leg) -> None:
        leg.started_it = True
        self.floor.start(leg.conference)
        self.floor.review(leg.conference)

    def _left(self, leg: Leg) -> None:
        if leg.stream is not None:
            for token in leg.tokens:
                self._last_words[token] = leg.stream
            while len(self._last_words) > LAST_WORDS_LIMIT:
                del self._last_words[next(iter(self._last_words))]
            leg.stream = None
        self._tokens.revoke(leg)
        self._presenting.left(leg)

    def _host(self, token: str, node: str | None) -> Leg:
        return self._standing.host(token, node)

    def _other(self, token: str, participant: str, node: str | None) -> Leg:
        return self._standing.other(token, participant, node)
