"""What goes wrong in one history over the real shells, all of it drawn from its seed.

| trouble           | what it is                                                                          |
|-------------------|-------------------------------------------------------------------------------------|
| request faults    | 4xx, 5xx, 429, late, closed before or after the effect, taken up twice              |
| event faults      | late, doubled, out of order, the stream closed or silent                            |
| cut, reset        | nothing passes between two machines for a while; every connection breaks            |
| kill, kill-untold | SIGKILL at any moment; right after a commit nobody heard of                         |
| freeze, oversleep | SIGSTOP, and SIGCONT later; of who watches, once another has taken over             |
| stall, refusal    | the database answers late, or refuses: the daemon ends, and is started again        |
| away, read-only   | nothing can be asked of the database for a while, or nothing written                |
| cut-database      | of two daemons, one gets no answer from the database                                |
| step, clock-apart | the machine's clock jumps ahead or back; of two, the clock of one                   |
| late-time         | the database says what time it is long after it was asked                           |
| maintenance       | a node closes for a while                                                           |
| lost pokes        | nobody is woken by a commit; whoever polls sees it                                  |
| and of the crowd  | slips of the officer, control legs put out, renames, DTMF, a thief of the Host PIN  |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from pexip_mock.faults import How
from pexip_mock.operations import Operation
from tests.chaos.site import PEXIP, Running, Site
from tests.cosim.clock import Action
from tests.cosim.faults import HEALED_AT, LASTS, NODES, OPENS_AT, Faults

_REQUESTS = (
    *(Operation.START_CONFERENCE, Operation.LOCK, Operation.RELOCK, Operation.UNLOCK, Operation.ADMIT),
    *(Operation.REFUSE, Operation.DISCONNECT, Operation.END, Operation.DELETE, Operation.CREATE_VMR, Operation.DIAL),
    *(Operation.REQUEST_TOKEN, Operation.REFRESH_TOKEN, Operation.PARTICIPANTS, Operation.CONFERENCE_STATUS),
)
_ON_REQUESTS = (How.STATUS, How.DELAY, How.DROP, How.LOSE_ANSWER, How.DUPLICATE)
_ON_EVENTS = (How.DELAY, How.DUPLICATE, How.REORDER, How.DISCONNECT, How.STATUS, How.DROP, How.IGNORE)
_TWICE_IS_PEXIPS = (Operation.DIAL, Operation.CREATE_VMR)
"""A request that makes something and is taken up twice by Pexip itself is no doubling of ours."""
STATUSES = (400, 403, 404, 429, 500, 502, 503)
TAKE_OVER = 25.0
"""Seconds in which another daemon, or the same started again, has its eyes and hands back: a lease, a look, a token."""
STRUCK_AT = OPENS_AT
"""When the prisoner is in, in a meeting in which nothing goes wrong."""
OVERSLEPT = 18.0
"""Seconds of sleep after which a lease is another's: fifteen it lasts, two in which the other looks, one for good."""


@dataclass(slots=True)
class Troubles(Faults):
    """`met`: how often each kind came about. `replicas`: two daemons on one database. `shaken_until`: until when the
    daemons themselves are not what they should be, whatever can be reached."""

    met: Counter[str] = field(default_factory=Counter)
    dice: Random = field(default_factory=Random)
    replicas: bool = False
    pokes_lost: float = 0.0
    shaken_until: float = 0.0
    _refusals: int = 0
    _healed: float = float("inf")

    def visit(self) -> float:
        """Seconds for which prisoner and lawyer want to talk: long enough for trouble to find them."""
        return self.dice.uniform(30.0, 120.0)

    def arrange(self, at: Callable[[float, Action], None], site: Site) -> None:
        """Put everything this seed has in store into the time to come."""
        dice = self.dice
        busy = (20.0, OPENS_AT + LASTS)
        self.pokes_lost = dice.choice((0.0, 0.0, 0.3, 1.0))
        slow = dice.choice((0.001, 0.01, 0.05, 0.3))
        site.loop.net.lag = lambda: slow * (0.2 + dice.random()) if site.loop.time() < self._healed else 0.001
        site.disk.lag = lambda: 0.002 + 0.004 * dice.random()
        site.disk.refuses = self._refuses
        site.disk.pokes = lambda: site.loop.time() >= self._healed or dice.random() >= self.pokes_lost
        self._healed = site.loop.time() + HEALED_AT
        for begin, end in self.blind:
            seconds = end - begin
            at(begin, lambda seconds=seconds: self._cut(site, list(site.names), seconds))  # type: ignore[misc]
        for _ in range(dice.choice((0, 3, 10, 30))):
            at(dice.uniform(*busy), lambda: self._request_fault(site))
        for _ in range(dice.choice((0, 0, 2, 6))):
            at(dice.uniform(OPENS_AT - 40, busy[1]), lambda: self._event_fault(site))
        happenings: list[tuple[Callable[[Site], None], tuple[int, ...]]] = [
            (self._kill, (0, 0, 1, 2)),
            (self._kill_untold, (0, 0, 0, 1)),
            (self._freeze, (0, 1) if self.replicas else (0, 0, 0, 1)),
            (self._stall, (0, 0, 0, 1, 2)),
            (self._refusal, (0, 0, 0, 0, 1)),
            (self._away, (0, 0, 0, 1)),
            (self._read_only, (0, 0, 0, 1)),
            (self._step, (0, 0, 0, 1, 2)),
            (self._maintenance, (0, 0, 0, 1)),
            (self._reset, (0, 0, 1, 3)),
            (self._cut_one, (0, 1, 1, 2) if self.replicas else (0,)),
            (self._late_time, (0, 0, 1, 2) if self.replicas else (0,)),
        ]
        if self.replicas and dice.random() < 0.7:
            at(dice.uniform(OPENS_AT - 10, OPENS_AT + 80), lambda: self._oversleep(site))
        if dice.random() < 0.25:  # asked once in a meeting, and what must not be doubled
            at(OPENS_AT - 60, lambda: self._order(site, Operation.DIAL, How.LOSE_ANSWER))
        if dice.random() < 0.25:
            at(dice.uniform(OPENS_AT - 10, OPENS_AT + 80), lambda: self._blackout(site))
        for happening, counts in happenings:
            for _ in range(dice.choice(counts)):
                at(dice.uniform(*busy), lambda happening=happening: happening(site))  # type: ignore[misc]

    def _out(self, site: Site, seconds: float) -> None:
        """For so long, and as long as it takes to come back, the daemons are not what they should be."""
        self._unreached(site, seconds)
        self.shaken_until = max(self.shaken_until, self.blind[-1][1])

    def _unreached(self, site: Site, seconds: float) -> None:
        """For so long, and as long as it takes to come back, Pexip cannot be reached; the daemons are well."""
        now = site.now
        self.blind.append((now, min(now + seconds, HEALED_AT) + TAKE_OVER))

    def _cut(self, site: Site, names: list[str], seconds: float) -> None:
        self.met["cut"] += 1
        for name in names:
            site.loop.net.cut(name, PEXIP, seconds)
        self._unreached(site, seconds)

    def _blackout(self, site: Site) -> None:
        """Nobody reaches Pexip, for longer than an alarm may take."""
        self._cut(site, list(site.names), 60.0)

    def _cut_one(self, site: Site) -> None:
        name = self.dice.choice(site.names)
        if self.dice.random() < 0.5:
            self._cut(site, [name], self.dice.choice((5.0, 20.0, 40.0)))
        else:
            self.met["cut-database"] += 1
            seconds = self.dice.choice((5.0, 20.0, 40.0))
            site.disk.stall([name], seconds)
            self._out(site, seconds)

    def _reset(self, site: Site) -> None:
        for running in site.up():
            self.met["reset"] += 1
            site.loop.net.reset(running.host)

    def _kill(self, site: Site) -> None:
        up = site.up()
        if up:
            self.met["kill"] += 1
            self._killed(site, self.dice.choice(up).host)

    def _killed(self, site: Site, host: str) -> None:
        name, away = host.partition("#")[0], self.dice.uniform(0.5, 6.0)
        site.kill(name)
        self._out(site, away)
        site.after(away, lambda: site.start(name))

    def _kill_untold(self, site: Site) -> None:
        """At the next commit: it is on disk, and nobody has heard of it."""

        def now(host: str) -> None:
            site.disk.committed = former
            former(host)
            self.met["kill-untold"] += 1
            self._killed(site, host)

        former = site.disk.committed
        site.disk.committed = now

    def _freeze(self, site: Site) -> None:
        up = site.up()
        if up:
            self.met["freeze"] += 1
            self._hang(site, _watching(up), self.dice.choice((1.0, 10.0, 25.0, 45.0)))

    def _oversleep(self, site: Site) -> None:
        """Whoever watches the meeting hangs until another has taken it over, and wakes up believing it has it.

        Firewalls forget connections that are silent for so long, so the first thing it may see is that they are gone.
        """
        up = site.up()
        if len(up) > 1:
            self.met["oversleep"] += 1
            host, seconds = _watching(up), self.dice.uniform(OVERSLEPT, 2 * OVERSLEPT)
            self._hang(site, host, seconds)
            if self.dice.random() < 0.7:
                site.after(seconds / 2, lambda: site.loop.net.reset(host))

    def _hang(self, site: Site, host: str, seconds: float) -> None:
        site.loop.freeze(host)
        self._out(site, seconds)
        site.after(seconds, lambda: site.loop.thaw(host))

    def _stall(self, site: Site) -> None:
        self.met["stall"] += 1
        seconds = self.dice.choice((0.5, 3.0, 12.0))
        site.disk.stall(site.names, seconds)
        self._out(site, seconds)

    def _refusal(self, site: Site) -> None:
        self.met["refusal"] += 1
        self._refusals = self.dice.choice((1, 1, 3))
        self._out(site, 2.0 * self._refusals)

    def _refuses(self) -> bool:
        if self._refusals > 0:
            self._refusals -= 1
            return True
        return False

    def _away(self, site: Site) -> None:
        """The database server restarts, or a file system is gone, for all or for one."""
        self.met["away"] += 1
        names, seconds = self.dice.choice((site.names, site.names[:1])), self.dice.choice((3.0, 12.0, 30.0))
        site.disk.go_away(names, seconds)
        self._out(site, seconds)

    def _read_only(self, site: Site) -> None:
        """A full disk, a file system that was mounted anew after an error, a server that became a standby."""
        self.met["read-only"] += 1
        seconds = self.dice.choice((3.0, 12.0, 30.0))
        site.disk.become_read_only(seconds)
        self._out(site, seconds)

    def _step(self, site: Site) -> None:
        """A machine's clock jumps. Of replicas one machine's, whose clock is then apart from the database's."""
        self.met["clock-apart" if self.replicas else "step"] += 1
        seconds = self.dice.choice((-90.0, -20.0, -2.0, 2.0, 20.0, 90.0))
        name = self.dice.choice(site.names)
        site.steps[name] = site.steps.get(name, 0.0) + seconds
        if not self.replicas:
            self._out(site, max(0.0, -seconds))

    def _late_time(self, site: Site) -> None:
        """By up to more than twice as much as would make a lease look as if it had run out."""
        self.met["late-time"] += 1
        site.disk.late_times[self.dice.choice(site.names)] = self.dice.uniform(OVERSLEPT, 3 * OVERSLEPT)

    def _maintenance(self, site: Site) -> None:
        self.met["maintenance"] += 1
        node, world = self.dice.choice(NODES), site.mock.world
        world.set_maintenance(node, True)
        self._out(site, 15.0)
        site.after(15.0, lambda: site.mock.world.set_maintenance(node, False))

    def _request_fault(self, site: Site) -> None:
        operation, how = self.dice.choice(_REQUESTS), self.dice.choice(_ON_REQUESTS)
        if how is How.DUPLICATE and operation in _TWICE_IS_PEXIPS:
            how = How.LOSE_ANSWER
        self._order(site, operation, how)

    def _event_fault(self, site: Site) -> None:
        self._order(site, Operation.EVENTS, self.dice.choice(_ON_EVENTS))

    def _order(self, site: Site, operation: Operation, how: How) -> None:
        self.met[f"{'event' if operation is Operation.EVENTS else 'request'}-{how.value}"] += 1
        delay, times = self.dice.choice((0.5, 2.0, 7.0)), self.dice.choice((1, 1, 2, 3))
        fault = site.mock.platform.order_fault(operation.value, how, times, delay, self.dice.choice(STATUSES))
        if site.now < HEALED_AT:
            site.at(HEALED_AT, lambda: _take_back(site, fault.id))


@dataclass(slots=True)
class Quiet(Troubles):
    """Nothing goes wrong but what `strike` does at that `moment`, usually with the prisoner in, who stays for long. It
    returns for how many seconds the daemons are then not what they should be."""

    strike: Callable[[Site], float] = lambda site: 0.0
    moment: float = STRUCK_AT

    def __post_init__(self) -> None:
        """Nothing else goes wrong."""

    def visit(self) -> float:
        return 120.0

    def arrange(self, at: Callable[[float, Action], None], site: Site) -> None:
        at(self.moment, lambda: self._out(site, self.strike(site)))


def _watching(up: list[Running]) -> str:
    return next((each.host for each in up if each.holds), up[0].host)


def _take_back(site: Site, fault: int) -> None:
    site.mock.platform.remove_fault(fault)
