"""Every call of the document, used by the book and against it, as each role; the seed is fixed.

The supervisor may call everything and gets the long run. What another role may not is refused before its body is read,
so a few examples tell.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.web.house import AUDITOR, BOOKER, KEY, OFFICER, SUPERVISOR, House

HERE = Path(__file__).parent
ROLES = {"supervisor": SUPERVISOR, "officer": OFFICER, "booker": BOOKER, "auditor": AUDITOR}


@pytest.mark.timeout(300)
@pytest.mark.asyncio
@pytest.mark.parametrize("role", ROLES)
async def test_every_call_answers_as_documented(home: House, tmp_path: Path, role: str) -> None:
    await home.ready()
    asked = ["--checks", "all", "--max-examples", "1", "--seed", "1", "--continue-on-failure", "--no-color"]
    if role != "supervisor":
        asked += ["--phases", "fuzzing"]
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"),
        *(str(home.client.make_url("/openapi.json")), *asked, "--generation-database", "none"),
        *("--header", f"Authorization: Bearer {ROLES[role]}"),
        cwd=tmp_path,
        env={
            **os.environ,
            "SENDER_KEY": KEY,
            "PYTHONPATH": str(HERE.parent.parent),
            "SCHEMATHESIS_HOOKS": "tests.web.schemathesis_hooks",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await run.communicate()
    assert run.returncode == 0, said.decode()[-20_000:]
