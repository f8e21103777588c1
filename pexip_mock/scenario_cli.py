"""`pexip-mock scenario FILE`: plays a scenario, prints each step and its outcome, and says whether all came out so.

Exit codes: 0 when everything was as expected, 1 when something was not, 2 for a wrong option, 3 for a file that cannot
be played (every fault is named), 4 when nobody answers at the URL.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

import aiohttp

from pexip_mock.knobs import Knobs
from pexip_mock.operations import CONTROL
from pexip_mock.performance import Outcome, Performance
from pexip_mock.scenario import BadScenario, Scenario, Step, read_scenario
from pexip_mock.server import MockServer

FAILED, USAGE, BAD_FILE, NOBODY = 1, 2, 3, 4


async def play(given: argparse.Namespace) -> int:
    """Play what was asked for; the exit code."""
    if given.url and given.fast:
        return _fail("--fast is for a mock started here: leave out one of --url and --fast", USAGE)
    try:
        scenario = read_scenario(given.file.read_text(encoding="utf-8"))
    except BadScenario as bad:
        return _fail("\n".join(f"{given.file}: {line}" for line in bad.lines), BAD_FILE)
    except (OSError, UnicodeDecodeError) as fault:
        return _fail(f"{given.file}: {fault}", BAD_FILE)
    steps = _chosen(scenario, given.act)
    if steps is None:
        return _fail(f"{given.file}: {_acts(scenario)}", USAGE)
    try:
        return await _perform(given, scenario.title, steps)
    except aiohttp.ClientError as lost:
        return _fail(f"nobody answers at {given.url or 'the mock that was started'} ({type(lost).__name__})", NOBODY)


async def _perform(given: argparse.Namespace, title: str, steps: Sequence[Step]) -> int:
    good, count = 0, len(steps)

    def told(outcome: Outcome) -> None:
        nonlocal good
        good += outcome.why is None
        sys.stdout.write(outcome.line() + "\n")
        sys.stdout.flush()

    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        url = given.url
        if url is None:
            knobs = Knobs.fast() if given.fast else Knobs()
            server = MockServer(knobs, user=given.user, password=given.password)
            url = (await stack.enter_async_context(server)).management_url
        management = url.rstrip("/").removesuffix(CONTROL)
        performance = Performance(http, management, given.user, given.password, given.alias, skips=given.fast)
        confirmed = await performance.play(steps, told)
    sys.stdout.write(f"scenario {title}: {good} of {count} steps as expected\n")
    return 0 if confirmed else FAILED


def _chosen(scenario: Scenario, act: str | None) -> Sequence[Step] | None:
    """The steps to play; None when there are none of that name."""
    return (scenario.steps or None) if act is None else scenario.acts.get(act)


def _acts(scenario: Scenario) -> str:
    return f"choose one of its acts with --act: {', '.join(scenario.acts) or 'it has none'}"


def _fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code
