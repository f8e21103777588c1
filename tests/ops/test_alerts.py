"""Alert rules: each is right by promtool, rests on metrics there are, and has its page in the runbook."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ops.scrape import asked, names, scrape
from vmrd.pexip.budget import Budget, Priority

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus"


_KNOWN_LATER = frozenset({"vmrd_adapter_events_total", "vmrd_pexip_requests_total"})
"""Of each adapter that is configured, from its start; and of every request, whose operations are many."""


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((RULES / "vmrd.rules.yml").read_text())["groups"]
    return list(group["rules"])


NAMES = [rule["alert"] for rule in rules()]


def ran(promtool: str, *arguments: str, given: bytes = b"") -> str:
    done = subprocess.run([promtool, *arguments], cwd=RULES, input=given, capture_output=True, timeout=60)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


def test_the_rules_are_right(promtool: str) -> None:
    assert "SUCCESS" in ran(promtool, "check", "rules", "vmrd.rules.yml")


def test_each_alert_fires_when_it_should_and_is_silent_when_not(promtool: str) -> None:
    ran(promtool, "test", "rules", "vmrd.rules.test.yml")


def test_the_metrics_have_the_names_and_helps_that_prometheus_asks_for(promtool: str) -> None:
    assert ran(promtool, "check", "metrics", given=scrape()) == ""


def test_every_alert_is_shown_silent_and_firing() -> None:
    tests = yaml.safe_load((RULES / "vmrd.rules.test.yml").read_text())["tests"]
    shown = {(case["alertname"], bool(case["exp_alerts"])) for test in tests for case in test["alert_rule_test"]}
    assert shown == {(name, fires) for name in NAMES for fires in (True, False)}


@pytest.mark.parametrize("rule", rules(), ids=NAMES)
def test_an_alert_rests_on_metrics_there_are(rule: dict[str, Any]) -> None:
    assert asked(rule["expr"]) <= names()
    assert asked(rule["expr"]) or rule["expr"].startswith("up{"), "of Prometheus itself"


@pytest.mark.parametrize("rule", rules(), ids=NAMES)
def test_a_counter_that_must_grow_is_there_before_it_does(rule: dict[str, Any]) -> None:
    """Prometheus sees no increase in a series that begins with its first count: the first of them would not ring."""
    there = [line for line in scrape().decode().splitlines() if not line.startswith("#")]
    for metric, labels in re.findall(r"increase\((vmrd_\w+_total)(?:{([^}]*)})?\[", rule["expr"]):
        if metric in _KNOWN_LATER:
            continue
        wanted = [metric, *(labels or "").split(",")]
        assert any(all(part in line for part in wanted) for line in there), f"{metric} {labels}"


def test_what_can_wait_spends_enough_to_ring_although_it_never_touches_the_reserve() -> None:
    budget = Budget(clock=lambda: 0.0)
    while budget.try_take(Priority.LOW) == 0:
        pass
    (rule,) = [rule for rule in rules() if rule["alert"] == "VmrdBudgetSpent"]
    assert budget.used() > float(rule["expr"].rpartition(">")[2])


@pytest.mark.parametrize("rule", rules(), ids=NAMES)
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["runbook_url"].endswith(f"/runbook.md#{rule['alert'].lower()}")


def test_the_runbook_has_a_section_for_every_alert_and_for_no_other() -> None:
    _, _, alerts = (ROOT / "docs" / "runbook.md").read_text().partition("\n## Alerts\n")
    sections = re.split(r"^### ", alerts, flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections] == NAMES
    for section in sections:
        for part in ("**Officers see**: ", "**Check**: ", "**By hand**: "):
            assert part in section, section


def test_prometheus_takes_the_configuration_that_is_offered(promtool: str) -> None:
    assert "SUCCESS" in ran(promtool, "check", "config", "prometheus.yml")
