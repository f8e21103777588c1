"""What a drill is made of, and the steps every drill takes.

| step                                             | confirmed by                                                  |
|--------------------------------------------------|---------------------------------------------------------------|
| SECURE is lit and the prisoner is in             | Pexip's own account, and the panel                            |
| the failure                                      | –                                                             |
| the light is dark within the promised time       | the panel, which goes dark by itself where vmrd is lost       |
| what an officer sees and may still do            | the panel and the API                                         |
| nobody came in and the room is still locked      | Pexip's own account                                           |
| the alert                                        | the metrics a scrape gives, and the rule as promtool sees it  |
| the end of the failure                           | –                                                             |
| SECURE is lit again, and what was amiss is gone  | the panel, the API and the metrics                            |
| nothing lost, nothing doubled                    | Pexip's own account, and the journal with its seals           |
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from vmrd.demo.cast import BARRISTER, PRIVATE
from vmrd.demo.steps import Act, Players
from vmrd.demo.verify import Check, every, inside_are, locked, locked_throughout, one_vmr, started_once
from vmrd.drill.house import House
from vmrd.drill.judge import Judge
from vmrd.drill.scrape import Sign
from vmrd.drill.setting import Setting

DARK_WITHIN = 10.0
"""Seconds within which no panel may show SECURE any more once nobody can see the meeting: eyes are fresh for eight."""

Deed = Callable[[House], Awaitable[object]]
Look = Callable[[House], Awaitable[str | None]]
"""What is not so, in a sentence; None where all is."""
UNDISTURBED = every(inside_are(BARRISTER.name), locked_throughout, started_once, one_vmr)
TOUCHED = every(inside_are(BARRISTER.name), locked, started_once, one_vmr)
"""The same for a drill in which somebody unlocks the room."""


@dataclass(frozen=True, slots=True)
class Drill:
    """`what`: the failure, in words. `breaks` and `mends`: what makes it happen, and undoes it.

    `darkens`: whether the light must go dark; False where it must stay lit, None where neither is promised. `sees`:
    what officers are shown meanwhile. `lasts`: how time goes on before that. `then`: what officers do once it is over.
    `signs`: the alerts. `meanwhile`, `after`: what Pexip's own account must show of the meeting during the failure and
    in the end. `lit_again` is False where the meeting is over.
    """

    name: str
    what: str
    breaks: Deed
    mends: Deed
    signs: Sequence[Sign] = ()
    sees: Sequence[tuple[str, Look]] = ()
    lasts: Deed | None = None
    then: Deed | None = None
    healed: Sequence[tuple[str, Look]] = ()
    darkens: bool | None = True
    lit_again: bool = True
    meanwhile: Check = UNDISTURBED
    after: Check = UNDISTURBED
    setting: Setting = field(default_factory=Setting)

    @property
    def alerts(self) -> tuple[str, ...]:
        """The alerts of deploy/prometheus/vmrd.rules.yml that it makes ring."""
        return tuple(sign.alert for sign in self.signs)


@dataclass(slots=True)
class Figures:
    """Seconds: from the failure to the dark light and to each alert's metric, from its end to SECURE."""

    broken_at: float = 0.0
    mended_at: float = 0.0
    dark: float | None = None
    shown: dict[str, float] = field(default_factory=dict)
    recovered: float | None = None

    def words(self) -> str:
        """For the last line of a drill."""
        told = [f"dark after {self.dark:.1f} s"] if self.dark is not None else []
        told += [f"{alert} after {seconds:.1f} s" for alert, seconds in self.shown.items()]
        told += [f"well again {self.recovered:.1f} s after its end"] if self.recovered is not None else []
        return ", ".join(told) or "nothing to measure"


@dataclass(frozen=True, slots=True)
class HouseStep:
    """A step of a story about the house. `does` makes it happen, `look` says what is not so yet."""

    title: str
    look: Callable[[], Awaitable[str | None]]
    does: Callable[[], Awaitable[object]] | None = None
    press: str = ""
    cue: float | None = 0.0

    @property
    def play(self) -> Act | None:
        does = self.does
        return None if does is None else lambda _players: does()

    async def not_yet(self, players: Players, *, spoilt: bool) -> str | None:
        return await self.look()


def steps(drill: Drill, house: House, judge: Judge | None, figures: Figures) -> list[HouseStep]:
    """Every step of this drill in this house."""
    return list(_Course(drill, house, judge, figures).steps())


@dataclass(frozen=True, slots=True)
class _Course:
    drill: Drill
    house: House
    judge: Judge | None
    figures: Figures

    def steps(self) -> Iterator[HouseStep]:
        drill = self.drill
        yield HouseStep(f"{PRIVATE.room}: SECURE is lit, the prisoner is in, the lawyer is inside", self._well)
        yield HouseStep(drill.what, _nothing, self._break)
        if drill.darkens:
            yield HouseStep(f"The light is dark on every panel within {DARK_WITHIN:.0f} s", self._dark)
        if drill.lasts is not None:
            yield HouseStep("It lasts", _nothing, self._last)
        for title, look in drill.sees:
            yield self._seen(title, look)
        yield HouseStep("Pexip: nobody else came in, and the meeting is as it was left", self._kept)
        for sign in drill.signs:
            yield self._alert(sign)
        if drill.darkens is False:
            yield HouseStep("The light was lit all the time", self._still_lit)
        yield HouseStep("The failure ends", _nothing, self._mend)
        if drill.lit_again:
            yield HouseStep("SECURE is lit again, the prisoner is in", self._lit_again)
        for title, look in drill.healed:
            yield self._seen(title, look)
        yield HouseStep("Nothing is lost and nothing is doubled: Pexip's account and the sealed journal", self._whole)

    def _seen(self, title: str, look: Look) -> HouseStep:
        return HouseStep(title, lambda: look(self.house))

    def _alert(self, sign: Sign) -> HouseStep:
        how = "the rule fires (promtool)" if self.judge is not None else "its metrics show it (no promtool: not judged)"
        return HouseStep(f"{sign.alert}: {how}", lambda: self._rings(sign))

    async def _break(self) -> None:
        self.figures.broken_at = time.monotonic()
        await self.drill.breaks(self.house)

    async def _last(self) -> None:
        if self.drill.lasts is not None:
            await self.drill.lasts(self.house)

    async def _mend(self) -> None:
        await self.drill.mends(self.house)
        self.figures.mended_at = time.monotonic()
        if self.drill.then is not None:
            await self.drill.then(self.house)

    async def _well(self) -> str | None:
        return UNDISTURBED(await self.house.meeting()) or self._lit()

    async def _dark(self) -> str | None:
        if self.house.panel.lit:
            return "the panel still shows SECURE"
        if self.figures.dark is None:
            self.figures.dark = time.monotonic() - self.figures.broken_at
        late = self.figures.dark > DARK_WITHIN
        return f"the panel went dark only after {self.figures.dark:.1f} s" if late else None

    async def _kept(self) -> str | None:
        return self.drill.meanwhile(await self.house.meeting())

    async def _still_lit(self) -> str | None:
        return self._lit()

    async def _lit_again(self) -> str | None:
        why = self._lit()
        if why is None and self.figures.recovered is None:
            self.figures.recovered = time.monotonic() - self.figures.mended_at
        return why

    async def _whole(self) -> str | None:
        return self.drill.after(await self.house.meeting()) or self.house.journal_faults()

    async def _rings(self, sign: Sign) -> str | None:
        recording = self.house.recording
        if sign.alert not in self.figures.shown:
            if not sign.shows(recording):
                return f"{' and '.join(sign.metrics)} does not show it"
            self.figures.shown[sign.alert] = time.monotonic() - self.figures.broken_at
        if self.judge is not None and not await self.judge.rings(sign.alert, recording, sign.pace):
            return "its metrics show it, but the rule does not fire"
        return None

    def _lit(self) -> str | None:
        view = self.house.panel.view
        if not self.house.panel.lit:
            return "the panel does not show SECURE"
        return None if view["prisoner"]["in"] else "the prisoner is not in"


async def _nothing() -> str | None:
    return None
