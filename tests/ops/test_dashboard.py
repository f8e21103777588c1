"""The Grafana dashboard asks only for what there is, in PromQL that Prometheus reads, and shows all of it."""

import json
from pathlib import Path
from typing import Any

import yaml

from tests.ops.scrape import asked, names
from tests.ops.test_alerts import ran

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "vmrd.json"
_ELSEWHERE = {
    "vmrd_build_info",
    "vmrd_certificate_expires_timestamp_seconds",
    "vmrd_config_loaded_timestamp_seconds",
    "vmrd_config_reload_failed",
    "vmrd_emergency_sign_ins",
    "vmrd_orphan_vmrs",
    "vmrd_outbox_depth",
    "vmrd_pexip_malformed_total",
    "vmrd_session_faults_total",
    "vmrd_shadow_refused_total",
    "vmrd_sign_in_service_requests_total",
    "vmrd_sign_ins_total",
}
"""Told by an alert, or for looking up by hand."""


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def test_it_asks_only_for_metrics_there_are() -> None:
    assert {name for each in expressions() for name in asked(each)} <= names()


def test_every_metric_is_shown_or_told_elsewhere() -> None:
    families = {name for name in names() if name.startswith("vmrd_") and not name.endswith(("_sum", "_count"))}
    families = {name for name in families if not {f"{name}_bucket"} & families}
    families -= {name for name in families if name.endswith("_created")}
    shown = {name for each in expressions() for name in asked(each)}
    assert families - shown - _ELSEWHERE == set()


def test_prometheus_reads_every_expression(promtool: str, tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{n}", "expr": each.replace("$establishment", ".*")} for n, each in enumerate(expressions())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in ran(promtool, "check", "rules", str(file))


def test_no_panel_lies_over_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
