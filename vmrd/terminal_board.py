"""The board in a terminal: what vmrd has told, and a drawing of it. Pure: every moment is an argument.

Words and order are the panel's own; only the layout is made here. Two clocks, as in the panel: how old something is
counts in monotonic seconds, and vmrd's own business clock is the latest reading it has given, run on.

A light burns only on a live board, and only until the view's own end; nobody has to say anything for it to go dark.
Every text is stripped of what a terminal might obey: names come from strangers who typed them at a door.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vmrd.clock import as_text, from_datetime
from vmrd.lifecycle.words import LIVE, Instant, Phase
from vmrd.web.panel import alarms
from vmrd.web.panel.alarms import BreachShown, KnockShown
from vmrd.web.panel.board import Tile, board
from vmrd.web.panel.light import Face
from vmrd.web.panel.people import ringing
from vmrd.web.panel.words import at, at_second, span
from vmrd.web.sentences import LONDON
from vmrd.web.view_shapes import SessionView

LOST_AFTER = 5.0
"""Seconds of silence after which the board says that it is not live."""
NARROW = 132
"""Columns below which a room takes lines instead of a row."""
_LIGHT = {
    Face.SECURE: "bold white on green",
    Face.PRIVATE: "bold white on green",
    Face.BREACH: "bold white on red",
    Face.BLIND: "bold black on yellow",
    Face.DARK: "bold",
}
NOT_PROVED = "NOT PROVED NOW – do not rely on it"
"""What a light says that burned and that nobody has proved again."""
SHADOW = "SHADOW – vmrd only watches and does nothing. This screen is not for officers: work as you do without it."
_BY_HAND = "Do not rely on it. Watch the rooms, and do by hand what cannot wait."
_ALARM = "bold white on red"
_WARN = "bold black on yellow"


@dataclass(frozen=True, slots=True)
class Seen:
    """A view, and the monotonic second at which its light goes dark; 0 where it does not burn."""

    view: SessionView
    until: float


@dataclass(slots=True)
class Told:
    """All that vmrd has told so far.

    `heard`: when it last said anything, in monotonic seconds and on its own clock; None: never yet.
    """

    seen: dict[str, Seen] = field(default_factory=dict)
    heard: tuple[float, Instant] | None = None
    holds: bool = False
    _again: set[str] = field(default_factory=set)
    _read: tuple[Instant, float] = (0, 0.0)

    def connected(self, server: str, now: float) -> None:
        """A new line, on which every view comes again. `server`: its business clock."""
        self._again.clear()
        self._read = (_instant(server), now)

    def hear(self, now: float) -> None:
        """It said something, whatever it was."""
        self.heard = (now, self.business(now))

    def complete(self) -> None:
        """Every view has come: what did not come again is no longer there, and the board is live."""
        if not self.holds:
            self.seen = {session: seen for session, seen in self.seen.items() if session in self._again}
        self.holds = True

    def lost(self) -> None:
        self.holds = False

    def take(self, view: SessionView, now: float) -> None:
        """The newest of a session; one older than what is known changes nothing."""
        self._again.add(view.id)
        made = _instant(view.as_of)
        former = self.seen.get(view.id)
        if former is not None and made < _instant(former.view.as_of) and view.version <= former.view.version:
            return
        if made > self.business(now):
            self._read = (made, now)
        until = 0.0
        if view.secure and view.secure_until is not None:
            # Freshness is in real seconds, whatever the business clock's speed.
            until = now + (_instant(view.secure_until) - self.business(now)) / 1_000
        self.seen[view.id] = Seen(view, until)

    def business(self, now: float) -> Instant:
        """vmrd's clock at this monotonic second."""
        reading, at_ = self._read
        return reading + int((now - at_) * 1_000)

    def live(self, now: float) -> bool:
        return self.holds and self.heard is not None and now - self.heard[0] < LOST_AFTER


@dataclass(frozen=True, slots=True)
class Drawing:
    """The board at one moment. `photograph`: it stays where it is printed, so no light burns on it."""

    told: Told
    now: float
    photograph: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._above()
        tiles = board(self._todays()).tiles
        if not tiles:
            yield Text("No video meetings today.")
        elif options.max_width < NARROW:
            yield from (self._lines(tile) for tile in tiles)
        else:
            yield self._table(tiles)

    def _todays(self) -> list[SessionView]:
        """What is the panel's day: all that starts today in London, and what still runs or rings from before."""
        today = _day(as_text(self.told.business(self.now)))
        views = (seen.view for seen in self.told.seen.values())
        return [v for v in views if _day(v.starts_at) == today or v.phase in (*LIVE, Phase.ENDING) or ringing(v)]

    def _above(self) -> Iterator[RenderableType]:
        now = at_second(as_text(self.told.business(self.now)))
        if self.photograph:
            yield Text(f"As at {now} – no sound, no live alarm", style="bold")
        elif self.told.live(self.now):
            yield Text(f"Live {now}")
        elif self.told.heard is None:
            yield Text(f"NOT LIVE – this screen has lost vmrd. {_BY_HAND}", style=_WARN)
        else:
            since = at_second(as_text(self.told.heard[1]))
            yield Text(f"NOT LIVE since {since} – this screen has lost vmrd. {_BY_HAND}", style=_WARN)
        views = [seen.view for seen in self.told.seen.values()]
        if any(view.shadow for view in views):
            yield Text(SHADOW, style=_WARN)
        for breach in alarms.breaches(views):
            yield Text(plain(f"BREACH – {breach.view.room_name}: {_breach(breach)}"), style=_ALARM)
        for knock in alarms.knocks(views):
            yield Text(plain(f"KNOCK – {knock.view.room_name}: {_knock(knock)}"), style=_ALARM)
        blind = alarms.blind(views)
        if blind:
            yield Text(plain(f"BLIND – {_blind([each.view for each in blind])}"), style=_WARN)
        for unwatched in alarms.unwatched(views):
            yield Text(plain(f"BLIND – {unwatched.view.room_name}: {unwatched.alert.text}."), style=_WARN)

    def _table(self, tiles: tuple[Tile, ...]) -> Table:
        table = Table(box=None, expand=True, padding=(0, 1), pad_edge=False, header_style="underline")
        for heading in ("Room", "Time", "State", "Light", "People", "Next"):
            table.add_column(heading, overflow="fold", no_wrap=heading == "Light")
        for tile in tiles:
            state = Text(tile.state)
            if tile.knocks:
                state.append("\n").append_text(_knocks(tile))
            after = Text(plain(tile.next.words), style="bold" if tile.next.urgent else "")
            for alert in _alerts(tile):
                after.append(f"\n{alert}", style="not bold")
            table.add_row(
                plain(_room(tile, self.told.seen)), self._time(tile), state, self._light(tile), tile.count, after
            )
        return table

    def _lines(self, tile: Tile) -> RenderableType:
        head = Text(f"{plain(_room(tile, self.told.seen))}  {self._time(tile)}", style="underline")
        after = Text(f"Next: {plain(tile.next.words)}", style="bold" if tile.next.urgent else "")
        knocks = _knocks(tile) if tile.knocks else Text()
        lines = [Text(tile.state), self._light(tile), Text(tile.count), knocks, *map(Text, _alerts(tile)), after]
        return Group(head, *(Padding(line, (0, 0, 0, 2), expand=False) for line in lines if line.plain))

    def _time(self, tile: Tile) -> str:
        view = tile.view
        times = f"{at(view.starts_at)} to {at(view.ends_at)}"
        if view.phase not in LIVE or view.clocks.ends_in is None:
            return times
        left = (_instant(view.ends_at) - self.told.business(self.now)) // 1_000
        return f"{times}, {span(left)} {'left' if left >= 0 else 'over time'}"

    def _light(self, tile: Tile) -> Text:
        shown, style = tile.light, _LIGHT.get(tile.light.face, "")
        if shown.face is Face.OFF:
            return Text()
        if shown.lit is None:
            return Text(plain(shown.words), style=style)
        if self.photograph:
            return Text(shown.words)
        burns = self.told.live(self.now) and self.now < self.told.seen[tile.view.id].until
        return Text(shown.lit, style=style) if burns else Text(NOT_PROVED, style=_WARN)


def plain(text: str) -> str:
    """The text without anything a terminal obeys: controls, escapes, and marks that turn the direction of writing."""
    return "".join(" " if unicodedata.category(sign) in _OBEYED else sign for sign in text)


_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def _room(tile: Tile, seen: Mapping[str, Seen]) -> str:
    alone = len({each.view.establishment for each in seen.values()}) == 1
    return tile.view.room_name if alone else f"{tile.view.room_name}, {tile.view.establishment_name}"


def _knock(shown: KnockShown) -> str:
    like = f"looks like {shown.match}, who is expected" if shown.match else "not on the list"
    return f"{shown.who} is trying to come in ({like}), since {at_second(shown.knock.at)}"


def _breach(shown: BreachShown) -> str:
    return f"{shown.alert.text}: {'; '.join(shown.reasons)}"


def _blind(views: Sequence[SessionView]) -> str:
    what, them = ("the meeting", "it") if len(views) == 1 else (f"{len(views)} meetings", "them")
    return f"vmrd cannot see {what} in {', '.join(view.room_name for view in views)}. Watch {them} yourself."


def _knocks(tile: Tile) -> Text:
    return Text(f"KNOCK × {tile.knocks}", style=_ALARM)


def _alerts(tile: Tile) -> Iterator[str]:
    """The newest alert nobody has acknowledged, and how many more there are."""
    if tile.alerts:
        more = len(tile.alerts) - 1
        yield plain(f"! {tile.alerts[0].text}.{f' And {more} more.' if more else ''}")


def _instant(moment: str) -> Instant:
    return from_datetime(datetime.fromisoformat(moment))


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(LONDON):%Y-%m-%d}"
