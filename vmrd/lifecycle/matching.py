"""Whose name does this look like? A suggestion beside a leg, never a check.

People type their name as they like: without accents, surname first, an initial for a first name, a title in front.
Two names look alike when every word of the shorter one is found in the longer one, as the same word or as its initial,
and at least one whole word is shared. Where two attendees look equally alike nobody is suggested: a wrong suggestion is
worse than none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "kc", "qc", "hhj"})
_WORD_POINTS = 2
_INITIAL_POINTS = 1


class Names:
    """Those who may be meant, by reference; their names are taken apart once for all that are held against them."""

    __slots__ = ("_words",)

    def __init__(self, candidates: Mapping[str, str]) -> None:
        self._words = {ref: _words(name) for ref, name in candidates.items()}

    def like(self, name: str) -> str | None:
        """The reference of the one whose name is most like `name`; None when none is, or two are equally."""
        typed = _words(name)
        points = {ref: _alike(typed, words) for ref, words in self._words.items()}
        best = max(points.values(), default=0)
        winners = [ref for ref, reached in points.items() if reached == best]
        return winners[0] if best > 0 and len(winners) == 1 else None


def whose_own_name(name: str, own: Mapping[str, str], others: Mapping[str, str]) -> str | None:
    """Of those known by an alias, whose own name this is: every word of it, or its initial, and more like it than like
    any name the others are listed under. Part of a name is not enough: too many people are called John.
    """
    whose = Names({**others, **own}).like(name)
    return whose if whose is not None and whose in own and len(_words(name)) >= len(_words(own[whose])) else None


def _alike(one: list[str], other: list[str]) -> int:
    """How much two names look alike, by their words; 0 when they do not."""
    shorter, longer = sorted((one, other), key=len)
    left = list(longer)
    points = shared = 0
    for word in sorted(shorter, key=len, reverse=True):
        if word in left:
            left.remove(word)
            points += _WORD_POINTS
            shared += len(word) > 1
            continue
        initial = next((each for each in left if _initial(word, each)), None)
        if initial is None:
            return 0
        left.remove(initial)
        points += _INITIAL_POINTS
    return points if shared else 0


def _initial(one: str, other: str) -> bool:
    return one[0] == other[0] and 1 in (len(one), len(other))


def _words(name: str) -> list[str]:
    """The words of a name without case, accents, punctuation and titles."""
    plain = name.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return [word for word in re.findall(r"\w+", plain.replace("'", "").replace("’", "")) if word not in _TITLES]
