"""Scenarios on file: they play, they tell what is not so, and a wrong file is told where and how."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import aiohttp
import pytest

from pexip_mock.cli import main
from pexip_mock.performance import Outcome, Performance
from pexip_mock.scenario import BadScenario, Expect, read_scenario
from pexip_mock.scenario_actions import Do
from tests.mock.mock_site import ALIAS, Site

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "config" / "scenarios").glob("*.toml"))


def written(folder: Path, content: str) -> str:
    file = folder / "scenario.toml"
    file.write_text(content)
    return str(file)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_comes_out_as_written(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", str(example), "--fast"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok ") for line in lines[:-1])
    assert re.fullmatch(rf"scenario .+: {len(lines) - 1} of {len(lines) - 1} steps as expected", lines[-1])


def test_three_examples_are_there() -> None:
    assert len(EXAMPLES) == 3


def test_what_is_not_so_is_told_step_by_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(
        tmp_path,
        """
title = "red"
alias = "red@meet.example.org"
[[step]]
vmr = { name = "Red", aliases = [{ alias = "red@meet.example.org" }], allow_guests = true, pin = "482913" }
expect = { dialable = true }
[[step]]
dial = { name = "Ann", pin = "none" }
expect = { inside = ["Ann"], within = "2s" }
[[step]]
after = "locked"
within = "10s"
leave = "Ann"
[[step]]
dial = { name = "Mallory", pin = "0000" }
[[step]]
admit = "Nobody"
[[step]]
fault = { operation = "lock", how = "status", times = "always" }
expect = { faults_met = 1, within = "1s" }
[[step]]
title = "Ann still waits"
expect = { waiting = ["Ann"], left = [] }
[[step]]
leave = "Ann"
expect = { refused = 404, waiting = ["Ben"], within = "1s" }
""",
    )
    assert main(["scenario", file, "--fast"]) == 1
    told = [re.sub(r"T\+\S+ +", "", line) for line in capsys.readouterr().out.splitlines()]
    assert told == [
        "ok   1  vmr Red",
        "NOT  2  dial Ann: inside: expected Ann, found nobody",
        "NOT  3  leave Ann: waited in vain: locked",
        "NOT  4  dial Mallory: the mock answered 403: Invalid PIN",
        "NOT  5  admit Nobody: Nobody is not there",
        "NOT  6  fault: the faults befell something 0 times, expected 1",
        "ok   7  Ann still waits",
        "NOT  8  leave Ann: waiting: expected Ben, found nobody",
        "scenario red: 2 of 8 steps as expected",
    ]


WRONG = """
title = "wrong"
allias = "x"

[[step]]
at = "T+10s"
dial = { nam = "Ann", kind = "fone" }

[[step]]
at = "T+5s"
after = "Ann sleeps"
lock = true
end = true

[[step]]
[step.expect]
insid = ["Ann"]
within = "soon"

[[step]]
fault = { operation = "lock", how = "reorder" }

[[act]]
name = "one"
[[act.step]]
dtmf = { who = "Ann", digits = "x" }
[[act.step]]
"""


def test_a_wrong_file_is_told_with_every_fault_its_line_and_what_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, WRONG)
    assert main(["scenario", file, "--fast"]) == 3
    told = capsys.readouterr().err.splitlines()
    assert all(line.startswith(f"{file}: line ") for line in told)
    places = {line.removeprefix(f"{file}: ").split(": ")[0] for line in told}
    assert places == {
        "line 3, allias",
        "line 5, step 1, alias",
        "line 7, step 1, dial.name",
        "line 7, step 1, dial.kind",
        "line 7, step 1, dial.nam",
        "line 9, step 2, alias",
        "line 10, step 2, at",
        "line 11, step 2, after",
        "line 13, step 2, end",
        "line 17, step 3, expect.insid",
        "line 18, step 3, expect.within",
        "line 21, step 4, fault.how",
        "line 26, act 1, step 1, dtmf.digits",
        "line 27, act 1, step 2",
    }
    assert any("did you mean name?" in line for line in told)
    assert any("did you mean phone?" in line for line in told)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("title = ", "this is no TOML"),
        ('title = "x"', "has no steps"),
        ('title = "x"\n[[act]]\nname = "a"', "act 1: has no steps"),
        ('title = "x"\n[[step]]\nclock = { rate = "fast" }', "step 1, clock.rate: must be a number"),
        ('title = "x"\n[[step]]\nnode = { node = 0 }', "node.away: is needed"),
        ('title = "x"\n[[step]]\nheal = false', "heal: can only be true"),
        ('title = "x"\nstep = [{ }]', "step 1: does nothing"),
    ],
)
def test_each_fault_says_what_is_wrong(content: str, fault: str) -> None:
    with pytest.raises(BadScenario) as bad:
        read_scenario(content)
    assert any(fault in line for line in bad.value.lines)


def test_an_option_that_cannot_be_and_a_mock_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acts = written(tmp_path, 'title = "x"\n[[act]]\nname = "one"\n[[act.step]]\nclock = { rate = 1 }')
    nobody = "http://127.0.0.1:9"
    assert main(["scenario", acts, "--fast"]) == 2
    assert "choose one of its acts with --act: one" in capsys.readouterr().err
    assert main(["scenario", acts, "--fast", "--url", nobody]) == 2
    assert main(["scenario", acts, "--act", "one", "--url", nobody]) == 4
    assert nobody in capsys.readouterr().err
    assert main(["scenario", str(tmp_path / "none.toml"), "--fast"]) == 3
    assert main(["scenario", acts, "--act", "one", "--fast"]) == 0


@pytest.mark.asyncio
async def test_a_scenario_plays_beside_a_running_mock_at_the_pace_of_its_clock(site: Site) -> None:
    """What others do there is waited for: here an officer's lock, by the client API."""
    token = await site.token()
    await site.control("POST", "clock", {"rate": 600})
    scenario = read_scenario(
        f"""
title = "beside"
[[step]]
dial = {{ name = "Ann", pin = "771204" }}
[[step]]
at = "T+1m"
after = "locked"
rename = {{ who = "Ann", name = "Bea" }}
expect = {{ waiting = ["Bea"], locked = true }}
[[act]]
name = "later"
[[act.step]]
alias = "{ALIAS}"
leave = "Bea"
""".replace('title = "beside"', f'title = "beside"\nalias = "{ALIAS}"')
    )
    outcomes: list[Outcome] = []

    def told(outcome: Outcome) -> None:
        outcomes.append(outcome)

    async with aiohttp.ClientSession() as http:
        server = site.server
        performance = Performance(http, server.management_url, server.user, server.password)
        await site.node("POST", "lock", token=token)
        assert await performance.play(scenario.steps, told)
        await performance.act(scenario.acts["later"], ALIAS)
    assert [outcome.why for outcome in outcomes] == [None, None]
    assert outcomes[1].at >= 60
    people = (await site.conference())["participants"]
    assert isinstance(people, list)
    assert [(one["name"], one["where"]) for one in people[1:]] == [("Bea", "left")]


def test_the_document_on_scenarios_names_every_key() -> None:
    written = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
    keys = [*(f"`{do} = " for do in Do), *(f"`{field.name}" for field in fields(Expect)), "`[[step]]`", "`[[act]]`"]
    assert [key for key in keys if key not in written] == []


def test_the_commands_of_the_readme_lead_from_nothing_to_a_knock_and_its_answer(tmp_path: Path) -> None:
    readme = (ROOT / "pexip_mock" / "README.md").read_text("utf-8")
    (commands,) = re.findall(r"^```bash\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert shutil.which("curl") is not None, "curl is needed (Debian: apt-get install curl)"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith('"')]
    assert told == [
        '"sentence": "Waiting for the host."',
        '"sentence": "In the meeting."',
        '"sentence": "The meeting is locked: waiting to be let in."',
        '"service_type": "waiting_room"',
        '"sentence": "In the meeting."',
        '"locked": true',
    ]
