"""What a booking system may speak of: its own bookings, its event types, its establishments.

An event outside of that is answered 403, and that it was sent is kept where an auditor finds it (`store.refusal`).
"""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.config import Config, SenderConfig
from vmrd.store.refusal import Bound, Refusal
from vmrd.web.deps import Deps
from vmrd.web.problem import Problem

_SAYS = {
    Bound.SYSTEM: "The key that signed this belongs to another booking system.",
    Bound.EVENT_TYPE: "This booking system may not send events of this type.",
    Bound.ESTABLISHMENT: "This booking system may not speak for this establishment.",
}


class OutOfBounds(Problem):
    """A known sender said what it may not say."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__("forbidden", _SAYS[refusal.bound])
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Spoken:
    """An event of a known sender, as far as it matters who may send it. `establishment`: the one it names, if any."""

    sender: SenderConfig
    event_type: str
    establishment: str | None

    def require_own(self, config: Config, system: str, about: str | None = None) -> None:
        """Raises `OutOfBounds` unless the event comes from `system`, is about something of that system's (by its own
        id `about`), and is of a type this sender may send."""
        if system != self.sender.system or (about is not None and not about.startswith(f"{system}:")):
            raise self._outside(config, Bound.SYSTEM)
        if not self.sender.may_send(self.event_type):
            raise self._outside(config, Bound.EVENT_TYPE)

    def require_here(self, config: Config) -> None:
        """Raises `OutOfBounds` where this sender may not speak for the establishment."""
        here = self.establishment is None or self.establishment in self.sender.establishments
        if self.sender.establishments and not here:
            raise self._outside(config, Bound.ESTABLISHMENT)

    def _outside(self, config: Config, bound: Bound) -> OutOfBounds:
        """What the sender made up is not repeated: an establishment is named only where it is one of ours."""
        ours = any(each.code == self.establishment for each in config.establishments)
        return OutOfBounds(Refusal(self.sender.system, self.event_type, self.establishment if ours else None, bound))


async def keep(deps: Deps, outside: OutOfBounds) -> None:
    """Keep it for the auditor before the sender hears of it. Raises `StoreError`."""
    now = deps.engine.clock.now()
    await deps.store.write([], lambda tx: tx.put_refusal(outside.refusal, now))
