"""The shells around the core, played: engine, alarm, dispatcher. The watcher is in `watcher`.

Commands take time to be sent, to act and to be answered, one at a time per key as in the real outbox; some are lost on
the way there, some on the way back, some refused, some carried out twice.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import assert_never

from pexip_mock.calls import DialRequest
from pexip_mock.people import Participant, Role, Service
from pexip_mock.refusal import Refusal
from pexip_mock.vmrs import Alias, Vmr
from pexip_mock.world import World
from tests.cosim.clock import Clock
from tests.cosim.faults import NODES, OPENS_AT, Faults
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session

EPOCH = 1_790_000_000_000
DOMAIN = "@meet.example.org"
HOST_PIN = "4711#"
ROOM = "room1@mdi.example.org"


class Lost(Exception):
    """Nobody could be reached."""


class Shells:
    """One session and what carries it. `token` is our control token, if any."""

    def __init__(self, world: World, clock: Clock, faults: Faults, rules: Rules, plan: i.Plan) -> None:
        self.world = world
        self.clock = clock
        self.faults = faults
        self.rules = rules
        self.token: str | None = None
        self.located = False  # calls leave from a location, so the Management Node places them
        self.journal: list[Fact] = []
        self.inputs = 0
        self.aliases: set[str] = set()
        self.changed: Callable[[], None] = lambda: None
        self._unsent: dict[str, c.Command] = {}
        self._busy: set[str] = set()
        self._sending: dict[str, c.Command] = {}
        self._wake: int | None = None
        self._vmrs: dict[str, int] = {}
        first = decide(None, plan, self.now, rules)
        assert isinstance(first, Decision)
        self.session: Session = first.session
        self._took(first)

    @property
    def now(self) -> int:
        """Business time in the core's milliseconds."""
        return EPOCH + int((self.clock.now - OPENS_AT) * 1000)

    @property
    def rng(self) -> Random:
        return self.faults.rng

    # the engine and the alarm

    def submit(self, given: i.Input) -> Decision | Refused:
        """Decide one input, keep what follows, and send the commands on their way."""
        self.inputs += 1
        decision = decide(self.session, given, self.now, self.rules)
        if isinstance(decision, Decision):
            self.session = decision.session
            self._took(decision)
        return decision

    def _took(self, decision: Decision) -> None:
        self.journal.extend(decision.facts)
        for command in decision.commands:
            if not isinstance(command, c.Tell):
                self._put(command)
        if decision.wake_at is not None and decision.wake_at != self._wake:
            self._wake = due = decision.wake_at
            late = self.faults.lag(0.3)
            self.clock.after(max(0.0, (due - self.now) / 1000) + late, lambda: self._ring(due))
        if decision.facts:
            self.changed()

    def restart(self) -> None:
        """The daemon stops and starts: what was being sent is sent once more, as its lease runs out."""
        for key, command in list(self._sending.items()):
            self.clock.after(
                self.faults.lag(5.0), lambda key=key, command=command: self.submit(self._act(key, command))
            )  # type: ignore[misc]

    def _ring(self, due: int) -> None:
        if due == self._wake:
            self._wake = None
            self.submit(i.WakeUp())

    # the dispatcher

    def _put(self, command: c.Command) -> None:
        key = c.key(command)
        self._unsent[key] = command
        if key not in self._busy:
            self._busy.add(key)
            self.clock.after(self.faults.lag(self.faults.command_lag), lambda: self._send(key))

    def _send(self, key: str) -> None:
        command = self._sending[key] = self._unsent.pop(key)
        faults, now = self.faults, self.clock.now
        outcome: i.CommandOutcome
        if faults.cut_off(now) or faults.hits(faults.lost, now):
            outcome = i.CommandFailed(key, i.Failure.UNREACHABLE)
        elif faults.hits(faults.refused, now):
            outcome = i.CommandFailed(key, i.Failure.REFUSED)
        else:
            outcome = self._act(key, command)
            if faults.hits(faults.doubled, now):
                self.clock.after(faults.lag(2.0), lambda: self._again(key, command))
            if faults.hits(faults.unanswered, now):
                outcome = i.CommandFailed(key, i.Failure.UNCERTAIN)
        self.clock.after(faults.lag(faults.command_lag), lambda: self._answered(key, command, outcome))

    def _again(self, key: str, command: c.Command) -> None:
        """The same request acts once more, unheard: a slow node took it up twice.

        Not one that makes something, which the transport never repeats; nor behind the back of a newer one that undoes
        it, which waits for its turn.
        """
        undone = isinstance(command, c.SetLock | c.AdmitLeg) and key not in self._busy
        if not undone and not isinstance(command, c.EnsureVmr):
            self._act(key, command)

    def _answered(self, key: str, command: c.Command, outcome: i.CommandOutcome) -> None:
        self._sending.pop(key, None)
        if c.kept(command) and isinstance(outcome, i.CommandFailed):
            self._unsent.setdefault(key, command)
            self.clock.after(2.0, lambda: self._send(key))
            return
        self.submit(outcome)
        if key in self._unsent:
            self.clock.after(self.faults.lag(self.faults.command_lag), lambda: self._send(key))
        else:
            self._busy.discard(key)

    def _act(self, key: str, command: c.Command) -> i.CommandOutcome:
        try:
            return self._carry(command) or i.CommandDone(key)
        except Lost:
            return i.CommandFailed(key, i.Failure.UNREACHABLE)
        except Refusal as no:
            gone = no.status in (400, 404)
            return i.CommandFailed(key, i.Failure.GONE if gone else i.Failure.UNREACHABLE)

    def _carry(self, command: c.Command) -> i.CommandOutcome | None:
        world, admin = self.world, self.world.admin
        match command:
            case c.EnsureVmr(generation=generation, name=name, alias=alias):
                self._ensure(name, alias)
                return i.VmrEnsured(generation)
            case c.ProbeAlias(generation=generation, alias=alias):
                answering = sum(world.directory.dialable(node, alias + DOMAIN) is not None for node in NODES)
                return i.AliasProbed(generation, answering, len(NODES), int(self.faults.hits(0.1, self.clock.now)))
            case c.DeleteVmr(generation=generation, name=name):
                if (vmr_id := self._vmrs.pop(name, None)) is not None:
                    world.delete_vmr(vmr_id)
                return i.VmrDeleted(generation)
            case c.EndInstance(name=name):
                for facts in world.status_conferences(name):
                    admin.disconnect_conference(facts.uuid)
            case c.StartConference():
                if self.token is None:
                    raise Lost
                world.start_conference(self.token)
            case c.SetLock(locked=locked):
                self._either(
                    lambda token: world.lock(token) if locked else world.unlock(token),
                    lambda uuid: admin.lock(uuid, locked),
                )
            case c.AdmitLeg(leg=leg):
                self._either(lambda token: world.admit(token, leg), lambda _: admin.admit(leg))
            case c.DisconnectLeg(leg=leg):
                self._either(
                    lambda token: world.disconnect_participant(token, leg), lambda _: admin.disconnect_participant(leg)
                )
            case c.EnsureEndpointInside(address=address):
                return i.RoomCalled(self._room(address))
            case c.EndConference():
                self._either(world.disconnect_all, admin.disconnect_conference)
            case c.ReleaseControl():
                with suppress(Refusal):  # a token that is dead already is as good as released
                    if self.token is not None:
                        world.release_token(self.token)
            case c.WipeSecrets():
                self.token = None
            case c.Tell():
                pass
            case _:
                assert_never(command)
        return None

    def _either(self, fast: Callable[[str], object], slow: Callable[[str], object]) -> None:
        """By our token; by the Management Node where that is dead."""
        if self.token is not None:
            try:
                fast(self.token)
                return
            except Refusal as no:
                if no.status != 403:
                    raise
        running = self.world.status_conferences(self.session.vmr_name)
        if not running:
            raise Refusal(404, "gone")
        slow(running[0].uuid)

    def _ensure(self, name: str, alias: str) -> None:
        if name not in self._vmrs:
            self.aliases.add(alias)
            draft = Vmr(name=name, aliases=(Alias(alias + DOMAIN),), allow_guests=True, pin=HOST_PIN, enable_chat="no")
            self._vmrs[name] = self.world.create_vmr(draft)

    def _room(self, address: str) -> str:
        """Call the room unless a call of ours shows, by our token or by the Management Node; extra ones are dropped."""
        if self.token is not None and not self.located:
            try:
                legs = self.world.participants(self.token)
                return self._one_of(legs, address) or self.world.dial(self.token, _call_to(address))[0]
            except Refusal as no:
                if no.status != 403:
                    raise
        legs = self.world.status_participants(self.session.vmr_name)
        return self._one_of(legs, address) or self.world.admin.dial(
            self.session.alias + DOMAIN, _call_to(address), self.rng.choice(NODES)
        )

    def _one_of(self, legs: list[Participant], address: str) -> str | None:
        """The call that stays; None where there is none."""
        ours = [leg for leg in legs if leg.outbound and leg.uri.removeprefix("sip:") == address]
        ours.sort(key=lambda leg: leg.service is not Service.CONFERENCE)
        for extra in ours[1:]:
            self.world.admin.disconnect_participant(extra.uuid)
        return ours[0].uuid if ours else None


def _call_to(address: str) -> DialRequest:
    return DialRequest(address, role=Role.CHAIR, remote_display_name="MDI Video 1")
