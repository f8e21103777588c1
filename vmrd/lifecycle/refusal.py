"""A press the rules refuse. Nothing is half applied: a refusal leaves no fact and no command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """`code` is stable and for programs; `sentence` is for an officer and says what to do."""

    code: str
    sentence: str
