"""Replicas that are set up otherwise than the others: said by name of the part, and never by what stands there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from vmrd import alike
from vmrd.alike import Alike
from vmrd.config import Config, load
from vmrd.health import Part

pytestmark = pytest.mark.asyncio

TOML = """
[pexip]
management = "https://pexip.example.org"
nodes = ["https://node.example.org"]
password = "unused"
domain = "meet.example.org"
web_join = "https://join.example.org/{alias}"

[store]
path = "vmrd.db"
key = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

[listen]
port = 8080

[[senders]]
system = "desk"
secrets = ["whsec_c2FtcGxlLWtleS1vZi1hLXJlaGVhcnNhbC1vbmx5IQ=="]

[[establishments]]
code = "MDI"
name = "HMP Example"

[[establishments]]
code = "LEI"
name = "HMP Another"
"""
SECRET = "c2FtcGxlLWtleS1vZi1hLXJlaGVhcnNhbC1vbmx5IQ=="
ALIKE, OTHERWISE = {"others": 1, "setUpOtherwise": 0}, {"others": 1, "setUpOtherwise": 1}
Read = Callable[..., Config]


@dataclass(slots=True)
class Wire:
    """The database as far as lines go."""

    shared: bool = True
    lines: list[str] = field(default_factory=list)

    async def say(self, line: str) -> None:
        self.lines.append(line)


@dataclass(slots=True)
class Replica:
    config: Config
    wire: Wire = field(default_factory=Wire)
    at: float = 0.0
    alike: Alike = field(init=False)

    def __post_init__(self) -> None:
        self.alike = Alike(self.wire, f"{id(self):x}", lambda: self.config, b"k" * 32, lambda: self.at)  # type: ignore[arg-type]

    async def tells(self, other: Replica) -> None:
        await self.alike.say()
        other.alike.said(self.wire.lines[-1])

    def part(self) -> Part:
        (part,) = self.alike.parts()
        return part


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(*changes: tuple[str, str]) -> Config:
        text = TOML
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "vmrd.toml").write_text(text)
        return load(tmp_path / "vmrd.toml")

    return read


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (('"meet.example.org"', '"other.example.org"'), "pexip"),
        (('name = "HMP Another"', 'name = "HMP Another"\nopening = "locked-first"'), "establishments"),
        ((SECRET, "YW5vdGhlci1rZXktb2YtYS1yZWhlYXJzYWwtb25seSE="), "senders"),
        (("[store]", "[timing]\nopen_before = 600\n[store]"), "timing"),
    ],
)
async def test_a_replica_that_is_set_up_otherwise_is_named_with_the_part_and_nothing_that_stands_there(
    read: Read, change: tuple[str, str], part: str
) -> None:
    here, there = Replica(read()), Replica(read(change))
    with capture_logs() as logs:
        await there.tells(here)
        await there.tells(here)
    (line,) = logs
    assert (line["event"], line["what"]) == ("config_differs", part)
    assert (here.part().up, here.part().figures) == (False, OTHERWISE)
    assert not any(value.strip('"') in text for value in change for text in there.wire.lines)
    with capture_logs() as logs:  # a reload puts it right
        there.config = read()
        await there.tells(here)
    assert [line["event"] for line in logs] == ["config_alike"]
    assert (here.part().up, here.part().figures) == (True, ALIKE)


async def test_what_belongs_to_a_machine_and_the_order_of_tables_may_differ(read: Read) -> None:
    here, lei = Replica(read()), '[[establishments]]\ncode = "LEI"\nname = "HMP Another"\n'
    machine = [
        ("8080", "8081"),
        ('path = "vmrd.db"', 'path = "other.db"'),
        ("[pexip]", 'log_level = "debug"\n[pexip]\nmeetings_at_most = 9'),
    ]
    order = [(f"\n{lei}", ""), ("[[senders]]", f"{lei}\n[[senders]]")]
    default = [("[store]", "[retention]\n[store]")]
    with capture_logs() as logs:
        await Replica(read(*machine, *order, *default)).tells(here)
    assert logs == []
    assert here.part().up


async def test_a_replica_that_is_gone_is_not_counted_any_more(read: Read) -> None:
    here, there = Replica(read()), Replica(read(('"meet.example.org"', '"other.example.org"')))
    await there.tells(here)
    here.at += 60
    assert (here.part().up, here.part().figures) == (True, {"others": 0, "setUpOtherwise": 0})


async def test_a_replica_of_another_release_is_said_once_and_is_no_fault(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = Replica(read()), Replica(read())
    with monkeypatch.context() as newer:
        newer.setattr(alike, "version", lambda _: "9.0.0")
        await there.alike.say()
    with capture_logs() as logs:
        for _ in range(2):
            here.alike.said(there.wire.lines[-1])
    assert [(line["event"], line["version"]) for line in logs] == [("release_differs", "9.0.0")]
    assert here.part().up


async def test_lines_of_another_kind_or_of_another_release_are_passed_over(read: Read) -> None:
    here = Replica(read())
    for line in ("seen s1=12", "look s1", "alike", "alike one", ""):
        here.alike.said(line)
    assert here.part().figures == {"others": 0, "setUpOtherwise": 0}


async def test_one_machine_alone_is_compared_with_nobody(read: Read) -> None:
    alone = Replica(read(), Wire(shared=False))
    await alone.alike.run()
    assert (alone.wire.lines, alone.alike.parts()) == ([], [])
