"""`vmrd demo --story tamper`: what is edited is named, what is put back, erased or purged is accepted."""

from __future__ import annotations

import re
from pathlib import Path

from tests.system.demo_process import run

HEADLESS = ("--story", "tamper", "--headless", "--exit")


def test_every_edit_is_named_and_the_journal_is_accepted_after_purge_and_erasure(tmp_path: Path) -> None:
    ended = run(tmp_path, *HEADLESS)

    assert ended.code == 0, ended.refuted or ended.err[-3:]
    summary = re.fullmatch(r"story tamper: (\d+) steps confirmed by the journal, 0 not", ended.out[-1])
    assert summary is not None, ended.out[-1]
    assert int(summary[1]) >= 12
    told = "\n".join(ended.err)
    for said in ("Verify names that row, and no other", "She is erased.", "the session goes whole"):
        assert said in told
    assert list(tmp_path.iterdir()) == []
