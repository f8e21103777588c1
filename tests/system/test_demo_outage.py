"""`vmrd demo --story outage`: Pexip goes away while the prisoner is in, and nothing is lost by it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.system.demo_process import run


def test_an_outage_darkens_puts_nobody_out_and_heals(tmp_path: Path) -> None:
    ended = run(tmp_path, "--story", "outage", "--headless", "--exit")

    assert ended.code == 0, ended.refuted or ended.err[-3:]
    summary = re.fullmatch(r"story outage: (\d+) steps confirmed by Pexip, 0 not", ended.out[-1])
    assert summary is not None, ended.out[-1]
    assert int(summary[1]) >= 10
    assert list(tmp_path.iterdir()) == []
