"""Copy-on-write for frozen values: a changed copy of a dataclass, and of the mappings a session holds.

`replace` is `dataclasses.replace` for our frozen slots classes, several times faster for one as wide as `Session`: the
standard one walks the fields in Python and runs the frozen `__init__`, which was most of the cost of a decision
(`benchmarks/`). Type checkers see the standard one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from itertools import repeat
from operator import attrgetter, call
from typing import TYPE_CHECKING, Any, TypeVar

V = TypeVar("V")

if TYPE_CHECKING:
    from dataclasses import replace as replace

    finish = replace
else:

    def replace(value, /, **changes):
        """A copy of a frozen slots dataclass without `__post_init__`, with these fields changed."""
        read, setters, by_name = _plan(type(value))
        copy = object.__new__(type(value))
        deque(map(call, setters, repeat(copy), read(value)), maxlen=0)  # a loop without Python in it
        for name, changed in changes.items():
            by_name[name](copy, changed)
        return copy

    def finish(copy, /, **changes):
        """Set fields of a copy that nobody else has seen yet: it need not be copied again."""
        _, _, by_name = _plan(type(copy))
        for name, changed in changes.items():
            by_name[name](copy, changed)
        return copy


@cache
def _plan(cls: type[Any]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """How to read all fields of a class at once, and how to set each, in C where Python allows."""
    names = [field.name for field in fields(cls)]
    by_name = {name: getattr(cls, name).__set__ for name in names}
    return attrgetter(*names), tuple(by_name.values()), by_name


def put(mapping: Mapping[str, V], key: str, value: V) -> dict[str, V]:
    """A copy with the key set."""
    return {**mapping, key: value}


def without(mapping: Mapping[str, V], key: str) -> dict[str, V]:
    """A copy without the key."""
    return {name: value for name, value in mapping.items() if name != key}
