"""The points of the matrix: each command of the consultation, and the moments at which the daemon dies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    BEFORE_EFFECT = "before-effect"
    AFTER_EFFECT = "after-effect"
    AFTER_COMMIT = "after-commit"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Point:
    """`step`: the name of the story's step during which `operation` (the mock's word) is caught."""

    step: str
    operation: str
    moment: Moment

    def __str__(self) -> str:
        return f"{self.step}/{self.operation}/{self.moment}"


COMMANDS = (
    ("book", "create_vmr"),
    ("book", "request_token"),
    ("control", "request_token"),
    ("refuse", "refuse"),
    ("open", "disconnect"),
    ("open", "start_conference"),
    ("open", "dial"),
    ("lock", "lock"),
    ("admit", "admit"),
    ("relock", "relock"),
    ("unlock", "unlock"),
    ("end", "disconnect"),
    ("end", "end"),
    ("end", "delete"),
)
"""Every command that changes something in Pexip, in the order of the story. The first `request_token` is the probe."""

POINTS = tuple(Point(step, operation, moment) for step, operation in COMMANDS for moment in Moment)
