"""The cost of deciding: decide, evolve and wake_at for a running session with six people, without any store."""

from __future__ import annotations

import statistics
import time

from benchmarks.bench import ROUNDS, Result
from benchmarks.samples import MINUTE, opening, sighting
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Where
from vmrd.store.codec import SESSIONS

NOW = 1_800_000_000_000
STEPS = 2_000


def running() -> Session:
    """A session with six people held, just before Open."""
    rules = Rules()
    session: Session | None = None
    for given in opening("s", NOW)[:6]:
        decided = decide(session, given, NOW, rules)
        assert isinstance(decided, Decision)
        session = decided.session
    assert session is not None
    return session


def measure() -> dict[str, Result]:
    """A rename (which changes something), a repeat (which does not), and the store's codec beside them."""
    rules, session = Rules(), running()
    renamed = [
        i.LegSeen(i.Order(1, n + 1), i.Source.STREAM, sighting("leg1", Where.WAITING).named(f"n{n}"))
        for n in range(STEPS)
    ]
    same = i.LegSeen(i.Order(1, 1), i.Source.STREAM, sighting("leg2", Where.WAITING))
    text = SESSIONS.encode(session)
    costs: dict[str, list[float]] = {"change": [], "repeat": [], "codec": []}
    for _ in range(ROUNDS):
        costs["change"].append(_each(lambda n: decide(session, renamed[n], NOW + MINUTE, rules)))
        costs["repeat"].append(_each(lambda _: decide(session, same, NOW + MINUTE, rules)))
        costs["codec"].append(_each(lambda _: SESSIONS.encode(SESSIONS.decode(text))))
    cost = {name: statistics.median(values) for name, values in costs.items()}
    against = f"reading and writing the same session as JSON, {cost['codec']:.0f} us"
    return {
        f"decide and evolve, {name}": Result(
            value=round(cost[name], 1),
            unit="us",
            ratio=round(cost[name] / cost["codec"], 2),
            against=against,
            target="the database costs more than the rules: < 1",
            met=cost[name] < cost["codec"],
            beside="CPU is the value: one thread, no waiting",
        )
        for name in ("change", "repeat")
    }


def _each(work: object) -> float:
    assert callable(work)
    began = time.process_time()
    for number in range(STEPS):
        work(number)
    return (time.process_time() - began) / STEPS * 1e6
