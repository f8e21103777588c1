"""Every metric vmrd has, as a scrape names it."""

import re

from prometheus_client import generate_latest

from vmrd.measures import Measured
from vmrd.metrics import Metrics


def scrape() -> bytes:
    """A scrape in which labelled metrics have no child yet."""
    metrics = Metrics()
    Measured(metrics.registry)
    return generate_latest(metrics.registry)


def names() -> set[str]:
    """Every series there can be."""
    kinds = re.findall(r"^# TYPE (\S+) (\S+)", scrape().decode(), re.MULTILINE)
    return {name for name, _ in kinds} | {
        f"{name}_{part}" for name, kind in kinds if kind == "histogram" for part in ("bucket", "sum", "count")
    }


def asked(expression: str) -> set[str]:
    """The metrics of ours, or of the process, that a PromQL expression asks for."""
    return set(re.findall(r"\b(?:vmrd|process)_\w+", expression))
