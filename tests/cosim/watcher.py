"""The watcher and the reconciler, played: token, event stream, reads, eyes, status list.

As in the shell of that name, an event is numbered when it arrives, a read carries the number that was current when it
began, and the next stream is another generation. Sightings already delivered come again later as hints and stale reads.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from pexip_mock.events import (
    ConferenceUpdate,
    Disconnected,
    EventStream,
    ParticipantCreate,
    ParticipantDelete,
    ParticipantUpdate,
    RefreshWanted,
    StreamEvent,
    SyncBegin,
    SyncEnd,
)
from pexip_mock.meetings import Flags
from pexip_mock.people import Participant
from pexip_mock.refusal import Refusal
from tests.cosim.faults import NODES
from tests.cosim.shells import DOMAIN, HOST_PIN, Shells
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.inputs import Order, Protocol, Sighting, Source
from vmrd.lifecycle.words import LIVE, OVER, Phase, Role, Where

READ_EVERY = 3.0
REFRESH_EVERY = 40.0
_PROTOCOLS = {
    "webrtc": Protocol.WEB,
    "sip": Protocol.SIP,
    "h323": Protocol.H323,
    "mssip": Protocol.SKYPE,
    "rtmp": Protocol.STREAMING,
}
_PLACES = {"connecting": Where.ARRIVING, "ivr": Where.ARRIVING, "waiting_room": Where.WAITING}
_ROLES = {"chair": Role.HOST, "guest": Role.GUEST}
_ENDED = ("ended", "terminated", "departed", "No participants")


def sighting(shown: Participant) -> Sighting:
    """A roster entry in the core's words, as `vmrd.pexip.wire` reads it."""
    video = shown.has_media and shown.video and not shown.audio_only and not shown.video_muted
    return Sighting(
        leg=shown.uuid,
        name=shown.display_name,
        address=shown.uri,
        protocol=_protocol(shown),
        dialled_out=shown.outbound,
        role=_ROLES.get(shown.role.value, Role.UNKNOWN),
        where=_PLACES.get(shown.service.value, Where.INSIDE),
        has_media=shown.has_media,
        has_video=video,
        audio_only=shown.audio_only,
        streaming=shown.streaming,
        encrypted=shown.encrypted,
        presenting=shown.presenting,
        call_tag=shown.call_tag,
        vendor=shown.vendor,
        name_ref=f"ref-{shown.display_name}",
    )


def _protocol(shown: Participant) -> Protocol:
    if shown.protocol == "api":
        return Protocol.WEB if shown.has_media else Protocol.CONTROL
    return _PROTOCOLS.get(shown.protocol, Protocol.UNKNOWN)


class Watcher:
    """Watches while the session wants it. `seen_at`: when the last read that succeeded began."""

    def __init__(self, shells: Shells) -> None:
        self.shells = shells
        self.clock, self.world, self.faults = shells.clock, shells.world, shells.faults
        self.seen_at = float("-inf")
        self.stream: EventStream | None = None
        self._generation = 0
        self._number = 0
        self._tags = 0
        self._flags = Flags()
        self._sync: list[Sighting] | None = None
        self._busy = False
        self._reconciling = False
        self._pumping = False
        self._blind = True
        self._reading = 0
        self._former: tuple[object, ...] = ()
        self._held: list[Participant] = []
        self._past: deque[Sighting] = deque(maxlen=12)
        self._old_reads: deque[i.RosterSeen] = deque(maxlen=4)
        self._states: deque[i.ConferenceSeen] = deque(maxlen=4)

    @property
    def fresh(self) -> bool:
        """Whether a read begun lately enough succeeded."""
        return (
            self.shells.token is not None
            and self.clock.now - self.seen_at <= self.shells.rules.eyes_fresh_for / 1000
            and self.stream is not None
        )

    def changed(self) -> None:
        """The session changed: begin or cease to watch."""
        if self._wanted() and not self._busy:
            self._busy = True
            self.clock.after(self.faults.lag(0.2), self._connect)
        session = self.shells.session
        if not self._reconciling and session.watched and (session.phase is Phase.ENDING or session.phase in OVER):
            self._reconciling = True
            self.clock.after(1.0, self._reconcile)

    def restart(self) -> None:
        """The daemon stops and starts: the token is kept, the stream and the proof of fresh eyes are not."""
        self.seen_at, self._blind = float("-inf"), True
        if self._busy:
            self._drop_stream()
            self.clock.after(self.faults.lag(5.0), self._connect)

    def _wanted(self) -> bool:
        session = self.shells.session
        wanted = session.control_wanted and session.vmr_created_at is not None
        return wanted and session.phase not in OVER and session.phase is not Phase.ENDING

    # token and stream

    def _connect(self) -> None:
        if not self._wanted():
            self._drop_stream()
            self._busy = False
            return
        if self.faults.cut_off(self.clock.now):
            self._again(2.0)
            return
        try:
            self._take_token()
            assert self.shells.token is not None
            self.stream = stream = self.world.open_stream(self.shells.token)
        except Refusal as no:
            if no.status == 403:
                self.shells.token = None
            self._again(2.0)
            return
        self._generation, self._number = self.shells.session.seen[0] + 1, 0
        stream.wake = self._woken
        self._woken()
        self._reading += 1
        turn = self._reading
        self.clock.after(self.faults.lag(0.5), lambda: self._keep_reading(turn))
        self.clock.after(REFRESH_EVERY, lambda: self._keep_token(turn))

    def _take_token(self) -> None:
        shells = self.shells
        if shells.token is not None:
            try:
                shells.token = self.world.refresh_token(shells.token).token
                return
            except Refusal:
                shells.token = None
                self._token_died()
        self._tags += 1
        tag = f"tag-{self._tags}"
        shells.submit(i.ControlTagged(tag))
        grant = self.world.request_token(
            NODES[0], shells.session.alias + DOMAIN, "vmrd", pin=HOST_PIN.removesuffix("#"), call_tag=tag
        )
        shells.token = grant.token
        shells.submit(i.ControlTaken(grant.participant.uuid))

    def _token_died(self) -> None:
        session = self.shells.session
        if session.meeting is not None and not self.world.status_conferences(session.vmr_name):
            self.shells.submit(i.ConferenceGone(Order(session.seen[0] + 1, 0), "token-expired"))

    def _again(self, delay: float) -> None:
        """The stream is gone; connect once more."""
        self._drop_stream()
        self._tell_if_blind()
        self.clock.after(self.faults.lag(delay), self._connect)

    def _drop_stream(self) -> None:
        if self.stream is not None:
            self.stream.wake = None
            if not self.stream.ended:
                self.world.news.close_stream(self.stream)
        self.stream = None
        self._sync = None
        self._reading += 1
        self._generation = 0
        self._former = ()

    def _woken(self) -> None:
        if not self._pumping:
            self._pumping = True
            self.clock.after(self.faults.lag(self.faults.stream_lag), self._pump)

    def _pump(self) -> None:
        self._pumping = False
        stream = self.stream
        if stream is None:
            return
        if self.faults.cut_off(self.clock.now):
            self._again(2.0)
            return
        for event in stream.take():
            self._number += 1
            if self._event(event):
                return
        if stream.ended:
            self._again(0.5)

    def _event(self, event: StreamEvent) -> bool:
        """Take one event; True when the stream is over."""
        order = Order(self._generation, self._number)
        given: i.Input | None = None
        match event:
            case ConferenceUpdate(flags=flags):
                self._flags = flags
                if self._sync is None and self._number > 1:
                    given = i.ConferenceSeen(order, Source.STREAM, flags.locked, flags.started, _recorded(flags))
            case SyncBegin():
                self._sync = []
            case SyncEnd():
                given = self._roster(order, Source.STREAM, tuple(self._sync or ()), self._flags)
                self._sync = None
            case ParticipantCreate(participant=shown) | ParticipantUpdate(participant=shown):
                seen = sighting(shown)
                if self._sync is not None:
                    self._sync.append(seen)
                else:
                    given = i.LegSeen(order, Source.STREAM, seen)
                    self._past.append(seen)
            case ParticipantDelete(uuid=uuid):
                given = i.LegGone(order, Source.STREAM, uuid)
            case Disconnected(reason=reason):
                self._put_out(order, reason)
                return True
            case RefreshWanted():
                pass
            case _:
                pass
        if given is not None:
            self.shells.submit(given)
            self._repeat(given)
            if not self._wanted():
                self._again(0.1)
                return True
        return False

    def _put_out(self, order: Order, reason: str) -> None:
        shells = self.shells
        shells.token = None
        if any(word in reason for word in _ENDED) or not self.world.status_conferences(shells.session.vmr_name):
            shells.submit(i.ConferenceGone(order, "host-ended"))
        self._again(0.5)

    def _roster(self, order: Order, source: Source, legs: tuple[Sighting, ...], flags: Flags) -> i.RosterSeen:
        return i.RosterSeen(order, source, legs, flags.locked, flags.started, _recorded(flags))

    def _repeat(self, given: i.Input) -> None:
        """Sometimes what was said is said again: at once, or much later and second-hand."""
        faults, now = self.faults, self.clock.now
        if faults.hits(faults.stale, now):
            self.shells.submit(given)
        if isinstance(given, i.ConferenceSeen):  # an event sink dates what it tells
            self._states.append(replace(given, order=Order(0, 0), source=Source.HINT, at=self.shells.now))
        if self._states and faults.hits(faults.stale, now):
            state = faults.rng.choice(self._states)
            self.clock.after(faults.lag(10.0), lambda: self.shells.submit(state))
        if self._past and faults.hits(faults.stale, now):
            old = faults.rng.choice(self._past)
            hint = i.LegSeen(Order(0, 0), Source.HINT, old)
            self.clock.after(faults.lag(10.0), lambda: self.shells.submit(hint))
        if self._old_reads and faults.hits(faults.stale, now):
            stale = replace(faults.rng.choice(self._old_reads), source=Source.HINT)
            self.clock.after(faults.lag(5.0), lambda: self.shells.submit(stale))

    # reads

    def _keep_reading(self, turn: int) -> None:
        if turn != self._reading:
            return
        self.clock.after(READ_EVERY, lambda: self._keep_reading(turn))
        if self.shells.token is None:
            return
        if self.faults.cut_off(self.clock.now) or self.faults.hits(self.faults.lost, self.clock.now):
            self._tell_if_blind()
            return
        if self._old_reads and self.faults.hits(self.faults.stale, self.clock.now):
            self.shells.submit(replace(self.faults.rng.choice(self._old_reads), source=Source.HINT))
        begun, order = self.clock.now, Order(self._generation, self._number)
        try:
            shown, flags = self.look()
        except Refusal:
            self._token_died()
            self.shells.token = None
            self._again(0.5)
            return
        if self._known(shown, flags):
            self.seen_at = begun
            return
        back = self.faults.lag(self.faults.read_lag)
        self.clock.after(back, lambda: self._read_came(turn, begun, order, shown, flags))

    def _known(self, shown: list[Participant], flags: Flags) -> bool:
        """Whether nothing changed since the last read: what changes nothing writes nothing, so it is not decided."""
        return not self._blind and (self.shells.session.version, flags, *map(id, shown)) == self._former

    def look(self) -> tuple[list[Participant], Flags]:
        """The running conference as our node shows it now. Raises Refusal when our token is dead."""
        assert self.shells.token is not None
        return self.world.participants(self.shells.token), self.world.conference_status(self.shells.token)

    def _read_came(self, turn: int, begun: float, order: Order, shown: list[Participant], flags: Flags) -> None:
        if turn != self._reading:
            return
        seen = self._roster(order, Source.READ, tuple(map(sighting, shown)), flags)
        self._old_reads.append(seen)
        self.shells.submit(seen)
        self._former = (self.shells.session.version, flags, *map(id, shown))
        self._held = shown  # so that no later entry can have the same identity
        self.seen_at = begun
        if self._blind:
            self._blind = False
            self.shells.submit(i.EyesBack())

    def _tell_if_blind(self) -> None:
        blind = self.clock.now - self.seen_at > self.shells.rules.eyes_fresh_for / 1000
        if blind and self.shells.session.phase in LIVE:
            self._blind = True
            self.shells.submit(i.EyesLost())

    def _keep_token(self, turn: int) -> None:
        if turn != self._reading or self.shells.token is None:
            return
        if not self.faults.cut_off(self.clock.now):
            try:
                self.shells.token = self.world.refresh_token(self.shells.token).token
            except Refusal:
                self._again(0.5)
                return
        self.clock.after(REFRESH_EVERY, lambda: self._keep_token(turn))

    # the status list

    def _reconcile(self) -> None:
        session = self.shells.session
        if not session.watched and "stray-instance" not in session.alerts:
            self._reconciling = False
            return
        self.clock.after(2.0 if session.phase is Phase.ENDING else 10.0, self._reconcile)
        if self.faults.cut_off(self.clock.now) or self.faults.hits(self.faults.lost, self.clock.now):
            return
        running = self.world.status_conferences(session.vmr_name)
        if running:
            self.shells.submit(i.InstanceSeen(running[0].uuid))
        elif session.phase is Phase.ENDING or "stray-instance" in session.alerts:
            self.shells.submit(i.EmptySeen())


def _recorded(flags: Flags) -> bool:
    return flags.recording or flags.streaming or flags.transcribing
