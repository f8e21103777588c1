"""What the check says of a database on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Postgres, postgres
from vmrd.check.lines import Line, Verdict
from vmrd.check.server import judge_server, seen_server
from vmrd.store.opening import connect
from vmrd.store.place import Server
from vmrd.store.secrets import derive_keys

OURS, ANOTHERS = derive_keys(bytes(32)), derive_keys(bytes([1] * 32))


@pytest.fixture(scope="module")
def machine() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


def lines(server: Server, seal_key: bytes = OURS.seal) -> dict[str, Line]:
    return {line.name: line for line in judge_server(seen_server(server, seal_key))}


@pytest.mark.asyncio
async def test_a_migrated_database_is_fine_before_and_after_its_first_start(machine: Postgres) -> None:
    server = machine.migrated()
    assert {line.verdict for line in lines(server).values()} == {Verdict.OK}
    assert "none yet" in lines(server)["journal's seal"].found
    await connect(server, OURS).close()
    assert lines(server)["journal's seal"].found == "made with this store.key"


@pytest.mark.asyncio
async def test_a_journal_sealed_with_another_key_is_told_before_vmrd_refuses_to_start(machine: Postgres) -> None:
    server = machine.migrated()
    await connect(server, ANOTHERS).close()
    assert lines(server)["journal's seal"].verdict is Verdict.FAIL


def test_an_empty_database_is_to_be_migrated(machine: Postgres) -> None:
    schema = lines(machine.empty())["schema"]
    assert schema.verdict is Verdict.FAIL
    assert "vmrd migrate" in schema.todo


@pytest.mark.parametrize("wrong", ["password", "address"])
def test_a_server_that_lets_nobody_in_is_one_line_with_what_to_look_at(
    machine: Postgres, wrong: str, tmp_path: Path
) -> None:
    there = machine.migrated()
    server = Server(there.url, "not it") if wrong == "password" else Server(f"postgresql://vmrd@/x?host={tmp_path}")
    (line,) = lines(server).values()
    assert line.verdict is Verdict.FAIL
    assert "store." in line.found
    assert "not it" not in line.found + line.todo
