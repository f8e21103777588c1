"""What Prometheus would be told: the ops listener is asked in short intervals, and every answer is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

SCRAPE_EVERY = 0.25
"""Seconds between two scrapes. How many seconds of Prometheus' own time one stands for is each drill's own."""
Labels = frozenset[tuple[str, str]]
Samples = Mapping[tuple[str, Labels], float]
_WITHIN = aiohttp.ClientTimeout(total=0.5)


@dataclass(slots=True)
class Recording:
    """One entry for each scrape; None where nobody answered. `began`: when, in seconds of the epoch."""

    began: float = field(default_factory=time.time, kw_only=True)
    scrapes: list[Samples | None] = field(default_factory=list)

    def latest(self, metric: str, **labels: str) -> float | None:
        """The highest value the metric has now among the series with these labels; None where there is none."""
        return _highest(self.scrapes[-1] if self.scrapes else None, metric, labels)

    def grew(self, metric: str, **labels: str) -> float:
        """By how much a counter has grown since the recording began, all series with these labels together."""
        return self.grew_lately(len(self.scrapes), metric, **labels)

    def grew_lately(self, scrapes: int, metric: str, **labels: str) -> float:
        """The same within the last so many scrapes."""
        there = [each for each in self.scrapes[-scrapes:] if each is not None]
        if not there:
            return 0.0
        return _sum(there[-1], metric, labels) - _sum(there[0], metric, labels)

    async def run(self, http: aiohttp.ClientSession, url: str) -> None:
        """Ask until cancelled."""
        while True:
            self.scrapes.append(await _scraped(http, url))
            await asyncio.sleep(SCRAPE_EVERY)


@dataclass(frozen=True, slots=True)
class Sign:
    """What shows an alert's condition in the metrics its rule asks for. `pace`: seconds of Prometheus' time that one
    scrape stands for, so that the rule's own waiting need not be sat out."""

    alert: str
    metrics: Sequence[str]
    shows: Callable[[Recording], bool]
    pace: int = 15


def above(alert: str, metric: str, limit: float, *, pace: int = 15, **labels: str) -> Sign:
    """The gauge stands above the limit in the latest scrape."""

    def shows(seen: Recording) -> bool:
        value = seen.latest(metric, **labels)
        return value is not None and value > limit

    return Sign(alert, (metric,), shows, pace)


def grown(alert: str, metric: str, over: float = 0, *, pace: int = 15, **labels: str) -> Sign:
    """The counter has grown by more than so much."""
    return Sign(alert, (metric,), lambda seen: seen.grew(metric, **labels) > over, pace)


async def _scraped(http: aiohttp.ClientSession, url: str) -> Samples | None:
    try:
        async with http.get(f"{url}/metrics", timeout=_WITHIN) as answer:
            text = await answer.text()
    except (aiohttp.ClientError, TimeoutError):
        return None
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def _matching(samples: Samples | None, metric: str, labels: Mapping[str, str]) -> list[float]:
    wanted = labels.items()
    return [value for (name, has), value in (samples or {}).items() if name == metric and wanted <= dict(has).items()]


def _highest(samples: Samples | None, metric: str, labels: Mapping[str, str]) -> float | None:
    return max(_matching(samples, metric, labels), default=None)


def _sum(samples: Samples, metric: str, labels: Mapping[str, str]) -> float:
    return sum(_matching(samples, metric, labels))
