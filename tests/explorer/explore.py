"""Every order of steps up to a depth, state by state."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.explorer.model import Protocol, State, Wrong


@dataclass(frozen=True, slots=True)
class Explored:
    """`orders`: how many orders of steps lead to the states looked at; `steps`: how many were carried out."""

    states: int
    steps: int
    orders: int


BEGINNINGS = (
    (),
    ("a watches", "put 0 born to a"),
    ("put 0 born to None", "a watches", "a takes", "time passes", "time passes"),
    ("a watches", "put 0 born to a", "put 1 born to None", "a gives 0 back"),
)
"""Steps after which it is looked at everything: what is far from the start is reached without all that lies between."""


def explore(depth: int, beginning: tuple[str, ...] = ()) -> Explored:
    """Look at everything within so many steps of a beginning. Raises Wrong, with the steps that lead there."""
    protocol = Protocol()
    first = protocol.start()
    for wanted in beginning:
        first = next(after for name, after in protocol.steps(first) if name == wanted)
    level: Counter[State] = Counter({first: 1})
    came: dict[State, tuple[State, str] | None] = {first: None}
    steps = 0
    for _ in range(depth):
        further: Counter[State] = Counter()
        for state, orders in level.items():
            try:
                protocol.settle(state)
                for name, after in protocol.steps(state):
                    steps += 1
                    further[after] += orders
                    if after not in came:
                        came[after] = state, name
                        protocol.kept(after)
            except Wrong as wrong:
                raise Wrong(f"{wrong}, after: {', '.join(_way(came, state)) or 'nothing'}") from None
        level = further
    return Explored(len(came), steps, sum(level.values()))


def _way(came: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    names: list[str] = []
    while (step := came[state]) is not None:
        state, name = step
        names.append(name)
    return names[::-1]
