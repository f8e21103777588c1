"""Whether Prometheus would ring: the recorded series are handed to `promtool`, which evaluates the rule itself.

The rules are those of this source tree and promtool is Prometheus' own; where one of the two is not there, nothing is
judged and the drill says so: its word on the alert then rests on the metrics alone.
"""

from __future__ import annotations

import asyncio
import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from vmrd.drill.scrape import Labels, Recording, Samples

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "vmrd.rules.yml"
_TARGET = {"job": "vmrd", "instance": "drill"}


@dataclass(frozen=True, slots=True)
class Judge:
    """`promtool`: the program. `rules`: the file with the alert rules."""

    promtool: str
    rules: Path

    async def rings(self, alert: str, recording: Recording, pace: int) -> bool:
        """Whether the alert fires at the last of the scrapes, each `pace` seconds after the one before."""
        with TemporaryDirectory(prefix="vmrd-drill-") as folder:
            test = Path(folder) / "recorded.json"
            test.write_text(json.dumps(_test(self.rules, alert, recording, pace)), "utf-8")
            done = await asyncio.create_subprocess_exec(
                self.promtool, "test", "rules", str(test),
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            return await done.wait() == 0


def judge() -> Judge | None:
    """The judge, where there can be one."""
    promtool = shutil.which("promtool")
    return Judge(promtool, RULES) if promtool is not None and RULES.exists() else None


def _test(rules: Path, alert: str, recording: Recording, pace: int) -> dict[str, object]:
    """A unit test of promtool (YAML, of which JSON is a part) that passes where the alert fires at the end."""
    last = len(recording.scrapes) - 1
    return {
        "rule_files": [str(rules)],
        "evaluation_interval": f"{pace}s",
        "tests": [
            {
                "interval": f"{pace}s",
                "input_series": [{"series": name, "values": values} for name, values in _series(recording)],
                "promql_expr_test": [
                    {
                        "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) > bool 0',
                        "eval_time": f"{last * pace}s",
                        "exp_samples": [{"labels": "{}", "value": 1}],
                    }
                ],
            }
        ],
    }


def _series(recording: Recording) -> Iterator[tuple[str, str]]:
    """For promtool time begins at zero, so a point in time is told from where the recording began."""
    scrapes = recording.scrapes
    yield _named("up", frozenset()), " ".join("0" if each is None else "1" for each in scrapes)
    for key in {key for each in scrapes if each is not None for key in each}:
        before = recording.began if key[0].endswith("_timestamp_seconds") else 0.0
        yield _named(*key), " ".join(_values(scrapes, key, before))


def _values(scrapes: list[Samples | None], key: tuple[str, Labels], before: float) -> Iterator[str]:
    """A series that is not in a scrape any more is stale at once, as Prometheus has it."""
    there = False
    for each in scrapes:
        value = None if each is None else each.get(key)
        if value is None:
            yield "stale" if there else "_"
        else:
            yield _number(value - before)
        there = value is not None


def _number(value: float) -> str:
    if math.isinf(value) or math.isnan(value):
        return "_"
    return repr(round(value, 6)) if value != int(value) else str(int(value))


def _named(metric: str, labels: Labels) -> str:
    told = {**dict(labels), **_TARGET}
    return f"{metric}{{{','.join(f'{name}={json.dumps(value)}' for name, value in sorted(told.items()))}}}"
