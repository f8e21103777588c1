"""docs/operations.md: each alert with its rule test, the drills that make it ring, and its page of the runbook."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ops.scrape import asked
from tests.ops.test_alerts import NAMES, RULES, rules
from vmrd.drill.catalogue import DRILLS
from vmrd.drill.judge import Judge
from vmrd.drill.scrape import Recording, Samples, above

DOCS = Path(__file__).parents[2] / "docs"
EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in rules()}


def row(alert: str) -> str:
    """How the page must put it."""
    drills = ", ".join(f"`{drill.name}`" for drill in DRILLS.values() if alert in drill.alerts)
    return f"| {alert} | `{alert}` | {drills} | [{alert}](runbook.md#{alert.lower()}) |"


@pytest.mark.parametrize("alert", NAMES)
def test_every_alert_has_a_rule_test_a_drill_a_page_of_the_runbook_and_its_row(alert: str) -> None:
    tests = {test["name"] for test in yaml.safe_load((RULES / "vmrd.rules.test.yml").read_text())["tests"]}
    assert alert in tests, f"{alert}: vmrd.rules.test.yml has no test of this name"
    assert any(alert in drill.alerts for drill in DRILLS.values()), f"{alert}: no drill in vmrd/drill makes it ring"
    assert f"\n### {alert}\n" in (DOCS / "runbook.md").read_text(), f"{alert}: docs/runbook.md has no such section"
    wanted = row(alert)
    assert wanted in (DOCS / "operations.md").read_text().splitlines(), f"docs/operations.md lacks this row:\n{wanted}"


def test_the_page_has_no_row_for_an_alert_there_is_not() -> None:
    rows = re.findall(r"^\| (Vmrd\w+) \|", (DOCS / "operations.md").read_text(), re.MULTILINE)
    assert rows == NAMES, "in the order of vmrd.rules.yml"


def test_every_drill_is_told_of_on_the_page() -> None:
    page = (DOCS / "operations.md").read_text()
    assert [name for name in DRILLS if f"`{name}`" not in page] == []


def test_a_drill_looks_at_the_metrics_its_alerts_rule_asks_for() -> None:
    for drill in DRILLS.values():
        for sign in drill.signs:
            rests_on = asked(EXPRESSIONS[sign.alert]) | {"up"}
            assert set(sign.metrics) <= rests_on, f"{drill.name}: {sign.alert}"


@pytest.mark.parametrize(("seconds", "fires"), [(20.0, True), (10.0, False)])
@pytest.mark.asyncio
async def test_promtool_judges_what_a_drill_recorded(promtool: str, seconds: float, fires: bool) -> None:
    blind: Samples = {("vmrd_longest_blind_seconds", frozenset({("establishment", "MDI")})): seconds}
    recording = Recording([{}, None, blind, blind])
    assert above("VmrdBlind", "vmrd_longest_blind_seconds", 15).shows(recording) is fires
    assert await Judge(promtool, RULES / "vmrd.rules.yml").rings("VmrdBlind", recording, 15) is fires


@pytest.mark.parametrize(("days", "fires"), [(10, True), (90, False)])
@pytest.mark.asyncio
async def test_promtool_whose_time_begins_at_zero_judges_what_is_told_as_a_point_in_time(
    promtool: str, days: int, fires: bool
) -> None:
    began = 1_780_000_000.0
    key = ("vmrd_certificate_expires_timestamp_seconds", frozenset({("certificate", "panel")}))
    told: Samples = {key: began + days * 86_400}
    recording = Recording([told] * 4, began=began)
    assert await Judge(promtool, RULES / "vmrd.rules.yml").rings("VmrdCertificateExpiring", recording, 300) is fires


def drill(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vmrd", "drill", *arguments], capture_output=True, text=True, timeout=200
    )


def test_drills_are_listed_for_people_and_programs() -> None:
    listed = json.loads(drill("--list", "--json").stdout)["drills"]
    assert [each["name"] for each in listed] == list(DRILLS)
    assert {alert for each in listed for alert in each["alerts"]} == set(NAMES)


@pytest.mark.parametrize("arguments", [(), ("no-such-drill",), ("recording", "--all")])
def test_a_name_that_is_none_is_refused(arguments: tuple[str, ...]) -> None:
    done = drill(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "drill" in done.stderr


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", ["recording", "events-lost", "vmrd-down"])
def test_a_drill_is_played_to_its_end(name: str) -> None:
    """`make drills` plays them all."""
    done = drill(name)
    assert done.returncode == 0, done.stdout
    assert re.search(rf"^drill {name}: \d+ steps confirmed, 0 not; dark after ", done.stdout, re.MULTILINE)
