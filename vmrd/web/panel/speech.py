"""The language a screen speaks: English, or Welsh for an officer who prefers it.

Every word an officer reads is written in English where it is used and goes through `gettext`, `ngettext` or, in a
table, `later` with `Words`. `make words` gathers them into `locale/`, where a translator writes the other language.

A screen is never a mixture. Words are collected while it is made; if one of them is not there in Welsh, the screen is
made again in English, says so in both languages, and carries the right `lang`: half a warning in a language its reader
does not know is worse than all of it. The frame around a screen (header, footer) is a screen of its own in this.

What the API says in views (alerts, reasons, evidence) is English alone, so it passes `english`.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from aiohttp import hdrs, web
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

ENGLISH, WELSH = "en-GB", "cy"
NAMES: Mapping[str, str] = {ENGLISH: "English", WELSH: "Cymraeg"}
COOKIE = "language"
LOCALE = Path(__file__).parent / "locale"

K = TypeVar("K")
T = TypeVar("T")


@dataclass(slots=True)
class Voice:
    """`whole`: so far every word was there in this language."""

    language: str
    whole: bool = True


_voice: ContextVar[Voice | None] = ContextVar("voice", default=None)


def gettext(text: str) -> str:
    """These words in the language being spoken, or as they are."""
    voice = _voice.get()
    if voice is None or voice.language == ENGLISH:
        return text
    said = _WELSH.gettext(text)
    voice.whole = voice.whole and text in _KNOWN
    return str(said)


def ngettext(one: str, many: str, count: int) -> str:
    """The words that go with this number of things."""
    voice = _voice.get()
    if voice is None or voice.language == ENGLISH:
        return one if count == 1 else many
    said = _WELSH.ngettext(one, many, count)
    voice.whole = voice.whole and one in _KNOWN
    return str(said)


def english(text: str) -> str:
    """Words that exist in English alone."""
    voice = _voice.get()
    if text and voice is not None and voice.language != ENGLISH:
        voice.whole = False
    return text


def later(text: str) -> str:
    """Words of a table, gathered here and spoken when they are looked up."""
    return text


class Words(Mapping[K, str]):
    """A table of words: each is looked up in the language being spoken."""

    def __init__(self, words: Mapping[K, str]) -> None:
        self._words = words

    def __getitem__(self, code: K) -> str:
        words = self._words[code]
        return gettext(words) if words else words

    def __iter__(self) -> Iterator[K]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)


def long_day(day: date) -> str:
    """`Tuesday 5 May 2026`."""
    return format_date(day, "EEEE d MMMM y", locale=spoken().replace("-", "_"))


def spoken() -> str:
    """The language being spoken."""
    voice = _voice.get()
    return voice.language if voice is not None else ENGLISH


@contextmanager
def speaking(language: str) -> Iterator[Voice]:
    """Within this, words are in that language."""
    voice = Voice(language)
    token = _voice.set(voice)
    try:
        yield voice
    finally:
        _voice.reset(token)


async def whole(language: str, make: Callable[[], Awaitable[T]]) -> tuple[T, str]:
    """What `make` makes in this language, or in English if a word is missing; and which of them it was."""
    with speaking(language) as voice:
        made = await make()
    if voice.whole:
        return made, language
    with speaking(ENGLISH):
        return await make(), ENGLISH


def preferred(request: web.Request) -> str:
    """What the officer chose, or else what their browser asks for."""
    chosen = request.cookies.get(COOKIE)
    if chosen is not None and chosen in NAMES:
        return chosen
    asked = request.headers.get(hdrs.ACCEPT_LANGUAGE, "").lower()
    wanted = sorted((_weighed(each) for each in asked.split(",")), key=lambda each: -each[1])
    for language, weight in wanted:
        if weight > 0 and language in ("cy", "en"):
            return WELSH if language == "cy" else ENGLISH
    return ENGLISH


def _weighed(asked: str) -> tuple[str, float]:
    """`cy-GB;q=0.8` -> `cy`, 0.8. What cannot be read is not wanted."""
    language, _, weight = asked.partition(";")
    try:
        weighed = float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        weighed = 0.0
    return language.strip().partition("-")[0], weighed


def _welsh() -> tuple[Translations, frozenset[str]]:
    """The catalogue, and the words that are in it."""
    with (LOCALE / "cy.po").open("rb") as file:
        catalogue = read_po(file, locale=WELSH)
    known = set()
    for message in catalogue:
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and all(forms) and not message.fuzzy:
            known.add(str(message.id if isinstance(message.id, str) else message.id[0]))
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled), frozenset(known)


_WELSH, _KNOWN = _welsh()
