"""A daemon is not held up by looks at everything it holds, and still gets rid of what refers to itself."""

import subprocess
import sys

_FILLS_UP = """
import gc
from vmrd import collector

full = []
gc.callbacks.append(lambda phase, about: full.append(phase) if about["generation"] == 2 else None)
collector.begin()
held = [[number] for number in range(500_000)]
print(len(full))
"""
_LEAVES_CYCLES = """
import weakref
from vmrd import collector

class One:
    pass

collector.begin()
seen = []
for number in range(20_000):
    one = One()
    one.itself = one
    seen.append(weakref.ref(one))
print(sum(each() is not None for each in seen))
"""


def told(code: str) -> int:
    """What a process of its own prints: nothing here is to reach into the one that tests."""
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60).stdout)


def test_nothing_looks_at_all_of_it_while_a_daemon_fills_up() -> None:
    assert told(_FILLS_UP) == 0


def test_what_refers_to_itself_is_let_go_of_soon() -> None:
    assert told(_LEAVES_CYCLES) < 10_000
