"""The rehearsal's configuration can be checked while it runs; all that is wrong is that nobody outside can join."""

from __future__ import annotations

import asyncio

import pytest

from vmrd.check.lines import Verdict
from vmrd.check.survey import check
from vmrd.config import load
from vmrd.demo.stage import Plan, stage


@pytest.mark.asyncio
async def test_the_demo_can_be_checked_while_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    async with stage(Plan(policy=True)) as built:
        told = built.addresses()["config"]
        assert built.file.stat().st_mode & 0o077 == 0
        assert load(built.file).model_dump() == built.vmrd.daemon.config.model_dump()
        usable, groups = await asyncio.to_thread(check, built.file, within=5.0)
    lines = [line for group in groups for line in group.lines]
    assert (usable, told) == (True, str(built.file))
    assert {line.name for line in lines if line.verdict is Verdict.FAIL} <= {"joining link"}
    found = {line.name: line.found for line in lines}
    assert "has this database open" in found["daemon"]
    assert "leads to" in found["event sink"]
    assert "asks 127.0.0.1" in found["external policy"]
