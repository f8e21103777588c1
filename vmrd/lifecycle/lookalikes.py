"""Names that are the same, and names that are made to look the same. Flags for an officer, never a judgement.

Two names are *the same* without case, accents, apostrophes and spacing. A name *looks like* another when both become
the same once every letter is replaced by the Latin one it can be mistaken for: Cyrillic and Greek letters, wide and
mathematical ones, a digit for a letter, `rn` for `m`. A name is *odd* by itself when one of its words mixes alphabets
that share shapes, when it is set in wide or mathematical letters, or when it holds signs that cannot be seen. Somebody
whose name is Greek, Chinese or an emoji is none of these.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_MISTAKEN = str.maketrans(
    # Capital letters come first by themselves: once made small, a Greek Beta no longer looks like a B.
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕЅІЈКМНОРСТУХԚԜՕЗαοριντυκγсеаорхуіјѕԁԛԝһӏкмтнпгвєıɡɑօսհոʟ∕",
    "ABEZHIKMNOPTYXABESIJKMHOPCTYXQWO3aopivtukyceaopxyijsdqwhlkmthnrbeigaouhnl/",
)
_ONE_STROKE = str.maketrans("i1|!0", "llllo")
_TWO_FOR_ONE = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SHARE_SHAPES = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_JOINERS = frozenset("\u200c\u200d")
"""Signs that cannot be seen and that some scripts and every family of emoji need."""


@dataclass(frozen=True, slots=True)
class Look:
    """A name as it is compared: `plain` as people write it, `shape` as it looks. Made once for many comparisons."""

    plain: str
    shape: str

    def same(self, other: Look) -> bool:
        """Whether two names are the same as people write them."""
        return self.plain == other.plain

    def like(self, other: Look) -> bool:
        """Whether two names that are not the same can be mistaken for each other."""
        return self.shape == other.shape != "" and self.plain != other.plain


@lru_cache(maxsize=2_048)
def look(name: str) -> Look:
    """How a name looks. Every view of a meeting asks it of the same names."""
    return Look(_plain(name), _skeleton(name))


def odd(name: str) -> bool:
    """Whether a name by itself is written to deceive, or looks it."""
    if name.isascii():
        return False
    if any(unicodedata.category(sign) == "Cf" and sign not in _JOINERS for sign in name):
        return True
    if any(
        unicodedata.normalize("NFKC", sign) != unicodedata.normalize("NFC", sign) for sign in name if sign.isalpha()
    ):
        return True
    return any(len(_alphabets(word)) > 1 for word in re.findall(r"\w+", name))


def _plain(name: str) -> str:
    """Without case, accents, apostrophes and spacing."""
    letters = name
    if not name.isascii():
        letters = "".join(sign for sign in unicodedata.normalize("NFD", name) if not unicodedata.combining(sign))
    return " ".join(letters.casefold().replace("'", "").replace("’", "").split())


def _skeleton(name: str) -> str:
    """What a name looks like, in small Latin letters."""
    seen = name
    if not name.isascii():
        seen = "".join(sign for sign in unicodedata.normalize("NFKC", name) if unicodedata.category(sign) != "Cf")
    shape = _plain(seen.translate(_MISTAKEN)).translate(_MISTAKEN).translate(_ONE_STROKE)
    for two, one in _TWO_FOR_ONE:
        shape = shape.replace(two, one)
    return shape


def _alphabets(word: str) -> set[str]:
    names = (unicodedata.name(sign, "").partition(" ")[0] for sign in word if sign.isalpha())
    return {name for name in names if name in _SHARE_SHAPES}
