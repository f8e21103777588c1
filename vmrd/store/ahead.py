"""What a step is about to look at."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Instant
from vmrd.store.claim import Claim


@dataclass(frozen=True, slots=True)
class Ahead:
    """`receipt`: its scope and key. `booking`: its id. `works`: of an establishment, in `[start, end)`. `claims`: those
    that meet these."""

    receipt: tuple[str, str] | None = None
    booking: str | None = None
    works: tuple[str, Instant, Instant] | None = None
    claims: tuple[Claim, ...] = ()
