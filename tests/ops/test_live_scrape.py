"""What Prometheus reads of a daemon that has just carried a whole consultation."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.ops.scrape import names
from tests.ops.test_alerts import ran
from tests.system.demo_process import running

BOUNDED = 60
"""More values of one label than any of ours has, and fewer than there would be of an id."""


@dataclass(frozen=True, slots=True)
class Scraped:
    """The text, and every address, token and name the rehearsal said."""

    text: str
    secrets: tuple[str, ...]

    @property
    def series(self) -> list[tuple[str, dict[str, str]]]:
        found = re.findall(r"^(\w+)(?:{(.*)})? \S+$", self.text, re.MULTILINE)
        return [(name, dict(re.findall(r'(\w+)="([^"]*)"', labels))) for name, labels in found]


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    with running(tmp_path_factory.mktemp("demo"), "--story", "consultation", "--headless", "--json") as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert process.stdout.readline().startswith(b"story consultation: ")
        with urllib.request.urlopen(f"{told['ops']}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        yield Scraped(text, (told["officer"]["token"], told["officer"]["name"], told["bookings"]["secret"]))


def test_prometheus_finds_nothing_to_say_about_a_live_scrape(promtool: str, scraped: Scraped) -> None:
    assert ran(promtool, "check", "metrics", given=scraped.text.encode()) == ""


def test_it_holds_every_metric_that_alerts_and_dashboard_may_ask_for(scraped: Scraped) -> None:
    kinds = set(re.findall(r"^# TYPE (\S+) ", scraped.text, re.MULTILINE))
    assert {name for name in names() if not name.endswith(("_bucket", "_sum", "_count"))} <= kinds


def test_a_story_leaves_its_measures(scraped: Scraped) -> None:
    measured = {name for name, _ in scraped.series}
    assert {
        "vmrd_event_lag_seconds_count",
        "vmrd_store_commit_seconds_count",
        "vmrd_management_budget_used_ratio",
        "vmrd_part_up",
        "vmrd_knock_answer_seconds_count",
        "vmrd_lock_confirm_seconds_count",
        "vmrd_pexip_requests_total",
    } <= measured


def test_no_label_can_grow_with_the_number_of_meetings(scraped: Scraped) -> None:
    values: dict[tuple[str, str], set[str]] = {}
    for name, labels in scraped.series:
        for label, value in labels.items():
            values.setdefault((name, label), set()).add(value)
    grown = {where: len(found) for where, found in values.items() if len(found) > BOUNDED}
    assert grown == {}
    assert not re.search(r'"[0-7][0-9a-z]{25}"', scraped.text), "a session's id"


def test_no_secret_and_no_name_is_in_it(scraped: Scraped) -> None:
    for secret in scraped.secrets:
        assert secret not in scraped.text
