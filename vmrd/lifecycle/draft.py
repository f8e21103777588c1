"""A decision in the making: facts as they are found, the session as they leave it, and when to look at the clock again.

`decide` and `settle` work on a `Draft` so that each rule sees the session as the rules before it left it. The draft is
local to one decision; nothing outside ever sees it half done.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vmrd.lifecycle.commands import Command, DisconnectLeg, EndConference, EndInstance, SetLock, key
from vmrd.lifecycle.evolve import evolve
from vmrd.lifecycle.facts import AlertEnded, AlertRaised, Asked, AskEnded, Fact
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant


@dataclass(slots=True)
class Draft:
    """`now` and `rules` as given to `decide`. `wake` collects the instants at which a rule wants to look again."""

    session: Session
    now: Instant
    rules: Rules
    facts: list[Fact] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    wake: list[Instant] = field(default_factory=list)

    def fact(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.session = evolve(self.session, fact)

    def command(self, command: Command) -> None:
        self.commands.append(command)

    def reached(self, instant: Instant) -> bool:
        """Whether the instant has come; if not, the session wakes then. All waiting in the core goes through here,
        so no timer can be forgotten or left behind."""
        if self.now >= instant:
            return True
        self.wake.append(instant)
        return False

    def ask(self, command: Command, every: int | None = None) -> None:
        """Send the command unless it was sent lately; again until what it asks for shows and the ask is ended.

        `every`: milliseconds between tries. Without it the first three repeats come quickly, because a lost answer is
        likelier than a deaf platform, and the delay then doubles up to `Rules.retry_at_most`; what makes a room safe
        waits `Rules.retry_safety_at_most` at most, so that it is done soon after Pexip can be reached again.
        """
        name = key(command)
        former = self.session.asks.get(name)
        if former is not None:
            slower = min(max(0, former.attempts - 3), 10)
            safety = isinstance(command, SetLock | DisconnectLeg | EndConference | EndInstance)
            at_most = self.rules.retry_safety_at_most if safety else self.rules.retry_at_most
            delay = every or min(self.rules.retry_after * 2**slower, at_most)
            if not self.reached(former.at + delay):
                return
        self.fact(Asked(name, self.now))
        self.command(command)

    def ask_once(self, command: Command) -> None:
        """Send the command a single time: the dispatcher keeps trying by itself (see `commands.kept`)."""
        if key(command) not in self.session.asks:
            self.fact(Asked(key(command), self.now))
            self.command(command)

    def end_ask(self, name: str) -> None:
        if name in self.session.asks:
            self.fact(AskEnded(name))

    def alert(self, code: str, about: str | None = None, by: str | None = None) -> None:
        """Raise an alert unless it is already up."""
        name = f"{code}:{about}" if about else code
        if name not in self.session.alerts:
            self.fact(AlertRaised(name, code, about, by, self.now))

    def alert_while(self, holds: bool, code: str, about: str | None = None) -> None:
        """An alert that is up exactly while its cause holds."""
        if holds:
            self.alert(code, about)
        else:
            self.end_alert(f"{code}:{about}" if about else code)

    def end_alert(self, name: str) -> None:
        if name in self.session.alerts:
            self.fact(AlertEnded(name))
