"""What a profile's samples are counted as."""

from __future__ import annotations

import pytest

from benchmarks.shares import ROOT, START, shared_out

BENCH = 'process 7:"python -m benchmarks G2"'
DAEMON = f'{BENCH};process 8:"python -m benchmarks.webhook_vmrd a; b"'
LOOP = "BaseEventLoop._run_once (asyncio/base_events.py:1922)"


def line_of(file: str, text: str) -> int:
    return next(number for number, line in enumerate((ROOT / file).read_text().splitlines(), 1) if text in line)


QUERY = line_of("vmrd/store/rx.py", "self._connection.execute(")
READING = line_of("vmrd/store/rx.py", "found = []")


@pytest.mark.parametrize(
    ("frames", "group"),
    [
        ("decide (vmrd/lifecycle/decide.py:3)", "core"),
        ("decide (vmrd/lifecycle/decide.py:3);replace (dataclasses.py:4);__hash__ (enum.py:5)", "core"),
        ("view (vmrd/web/view.py:3);BaseModel.model_dump_json (pydantic/main.py:4)", "pydantic"),
        ("submit (vmrd/engine.py:3)", "shells"),
        (f"SqlRx.sessions (vmrd/store/rx.py:{READING})", "store"),
        (f"SqlRx.sessions (vmrd/store/rx.py:{QUERY})", "sqlite"),
        ("_find_and_load (<frozen importlib._bootstrap>:1);<module> (vmrd/lifecycle/facts.py:2)", START),
        ("somebody (elsewhere.py:1)", "loop"),
    ],
)
def test_a_sample_is_what_its_innermost_telling_frame_says(frames: str, group: str) -> None:
    found = shared_out([f"{DAEMON};{LOOP};{frames} 3"], "webhook_vmrd")
    assert (found.of(group), found.samples) == (1.0, 3)


def test_the_benchmark_itself_is_not_its_subject() -> None:
    assert shared_out([f"{BENCH};{LOOP} 3"], "webhook_vmrd").samples == 0


def test_a_thread_that_waits_for_work_uses_no_processor() -> None:
    waits = "Thread.run (threading.py:982);_worker (concurrent/futures/thread.py:81)"
    assert shared_out([f"{DAEMON};{waits} 3"], "webhook_vmrd").samples == 0


def test_a_sample_is_on_account_of_our_innermost_function() -> None:
    stack = f"{LOOP};take (vmrd/web/bookings.py:1);parsed (vmrd/web/dispatch.py:2);loads (json/__init__.py:3)"
    found = shared_out([f"{DAEMON};{stack} 2", f"{DAEMON};{LOOP} 1"], "webhook_vmrd")
    assert found.functions == {"parsed (vmrd/web/dispatch.py)": 2}
