"""An ear made of functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


def _nothing(_: object) -> None:
    """Is not interested."""


@dataclass(frozen=True, slots=True)
class Ears:
    heard: Callable[[Sequence[str]], None] = _nothing
    said: Callable[[str], None] = _nothing
    current: Callable[[float], None] = _nothing
