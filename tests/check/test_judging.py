"""What is made of what was seen, where a platform or a machine to see it on would be hard to come by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.settings import least
from vmrd.check.clocks import judge_clock, judge_difference
from vmrd.check.eyes import unread
from vmrd.check.files import SeenFile
from vmrd.check.judge_own import judge_config, judge_faults, judge_files
from vmrd.check.lines import Group, Line, Verdict, as_json, as_text, fail, not_checked, ok
from vmrd.check.listeners import SeenListener, judge_listeners
from vmrd.check.mailing import Outcome, judge_mail
from vmrd.check.neighbours import judge_link, judge_sign_in
from vmrd.check.nodes import SeenNode, judge_nodes, our_locations
from vmrd.check.platform import judge_account, judge_licences, judge_release, judge_rights, judge_settings
from vmrd.check.reach import Fault, Reached, judge_reached
from vmrd.check.store import SeenStore, judge_store
from vmrd.check.wiring import judge_domain, judge_location, judge_theme
from vmrd.config import Config, from_values
from vmrd.config_smtp import SmtpConfig
from vmrd.oidc import provider
from vmrd.pexip.status import Node
from vmrd.pexip.survey import NEEDED, NOT_NEEDED, Greeting, Why
from vmrd.pexip.survey_rows import Licences, Location, Names, Settings, SinkRow
from vmrd.store.migrate import SchemaStatus

OK, WARN, FAIL, NOT_CHECKED = Verdict
GIB = 1024**3
KEPT = SeenFile(Path("vmrd.toml"), 0o600, secrets=True)
STORE: dict[str, Any] = {
    "path": Path("vmrd.db"),
    "file": SeenFile(Path("vmrd.db"), 0o600, secrets=True),
    "folder_writable": True,
    "file_system": "xfs",
    "free": 9 * GIB,
    "running": False,
}
SETTINGS = Settings(
    theme="Prisons",
    scan_quarantine=True,
    scan_limit=20,
    waiting_for_host=900,
    guests_only=60,
    dials_out=True,
    web_clients=True,
)


UNREAD = unread(Why.FORBIDDEN).site


def store(**changes: object) -> Iterable[Line]:
    return judge_store(SeenStore(**(STORE | changes)))


def node(name: str, version: str = "38 (82000.0.0)", location: str = "Main", maintenance: bool = False) -> Node:
    return Node(name, location, version, maintenance)


def greeted(status: int) -> Greeting:
    return Greeting(status, 0.0, 0.1)


def estate(**changes: object) -> Config:
    return from_values(least(**changes))


def rooms(*addresses: str) -> Config:
    listed = [{"key": str(n), "name": "Room", "address": address} for n, address in enumerate(addresses, 1)]
    return estate(establishments=[{"code": "MDI", "name": "Moorland", "rooms": listed}])


def limited(ours: int) -> Config:
    return estate(pexip=estate().pexip.model_dump() | {"password": "unused", "alias_scan_limit": ours})


def calling() -> Config:
    return estate(pexip=estate().pexip.model_dump() | {"password": "unused", "location": "Main"})


def located(*nodes: Node) -> Line:
    return judge_location(calling(), replace(UNREAD, nodes=nodes, locations=(Location("Main", (), None),)))


def smtp(tls: str = "starttls") -> SmtpConfig:
    return SmtpConfig.model_validate({"host": "mail.example.org", "tls": tls, "sender": "links@example.org"})


def nodes_with(status: object, api: object = None) -> list[Line]:
    seen = SeenNode("https://node.example.org", Reached(90), status, api)  # type: ignore[arg-type]
    return list(judge_nodes([seen], (node("n1"),), Why.FORBIDDEN, looked_at=True))


def listening(name: str, taken: bool | None, *, ours: bool = True) -> list[SeenListener]:
    return [
        SeenListener("listen.port", "127.0.0.1", 8080, ours, taken if name == "listen.port" else False),
        SeenListener("listen.ops_port", "127.0.0.1", 9180, ours, taken if name == "listen.ops_port" else False),
    ]


CASES: list[tuple[str, Iterable[Line], str, Verdict, str]] = [
    ("a writable file", judge_files(SeenFile(Path("v"), 0o666, False), None), "file mode", FAIL, "others may change"),
    ("a readable file", judge_files(SeenFile(Path("v"), 0o644, True), None), "file mode", WARN, "holds secrets"),
    ("no secrets in it", judge_files(SeenFile(Path("v"), 0o644, False), None), "file mode", OK, "0644"),
    ("no credentials in it", judge_files(KEPT, ()), "credentials", FAIL, "empty"),
    ("credentials for all", judge_files(KEPT, (SeenFile(Path("k"), 0o444, True),)), "credentials", FAIL, "k"),
    ("credentials kept", judge_files(KEPT, (SeenFile(Path("k"), 0o440, True),)), "credentials", OK, "1 files"),
    ("a fault", judge_faults(Path("v.toml"), "a: wrong\nb: wrong"), "configuration", FAIL, "b: wrong"),
    ("no sender", judge_config(estate()), "senders", WARN, "no booking system"),
    ("no address", judge_config(estate()), "room address", WARN, "calls none"),
    ("a telephone's address", judge_config(rooms("+441632960999")), "room address", FAIL, "telephone"),
    ("an address with a scheme", judge_config(rooms("sip:room1@192.0.2.7:5061")), "room address", OK, "all 1"),
    ("no database", store(file=None), "database", FAIL, "there is none"),
    ("not writable", store(folder_writable=False), "database", FAIL, "cannot be written"),
    ("over a network", store(file_system="nfs4"), "file system", FAIL, "nfs4"),
    ("by a process", store(file_system="fuse.sshfs"), "file system", FAIL, "fuse.sshfs"),
    ("in memory", store(file_system="tmpfs"), "file system", WARN, "gone with the next start"),
    ("who knows where", store(file_system=None), "file system", NOT_CHECKED, "does not say"),
    ("hardly room", store(free=GIB // 2), "free space", WARN, "0.5 GiB"),
    ("no room", store(free=1024), "free space", FAIL, "0.0 GiB"),
    ("no folder", store(free=None), "free space", NOT_CHECKED, "cannot be looked at"),
    ("an old schema", store(schema=SchemaStatus.BEHIND), "schema", FAIL, "older"),
    ("a new schema", store(schema=SchemaStatus.AHEAD), "schema", FAIL, "newer"),
    ("after a restore", store(journal_mode="delete"), "journal mode", OK, "from the next start"),
    ("damaged", store(fault="the database refused: SQLITE_NOTADB"), "contents", FAIL, "SQLITE_NOTADB"),
    ("a kernel that is silent", store(running=None), "daemon", NOT_CHECKED, "does not tell"),
    ("clocks a little apart", [judge_difference("c", -12.0)], "c", WARN, "12 s ahead of"),
    ("clocks far apart", [judge_difference("c", 31.0)], "c", FAIL, "31 s behind"),
    ("no clock", [judge_difference("c", None)], "c", NOT_CHECKED, "no time"),
    ("nobody keeps it", judge_clock(0.0, False), "kept right", WARN, "nothing keeps"),
    ("who knows who keeps it", judge_clock(0.0, None), "kept right", NOT_CHECKED, "does not say"),
    ("soon out of date", judge_reached("a", "https://x.example.org", Reached(29)), "a certificate", WARN, "29 days"),
    ("out of date now", judge_reached("a", "https://x.example.org", Reached(6)), "a certificate", FAIL, "6 days"),
    (
        "ended",
        judge_reached("a", "https://x.example.org", Reached(-3), looked_at=False),
        "a certificate",
        FAIL,
        "out of",
    ),
    ("no such list", [judge_theme(Why.ABSENT)], "DTMF controls", NOT_CHECKED, "no such list"),
    ("not looked at", judge_reached("a", "https://x.example.org", Reached(90), looked_at=False), "a", WARN, "anybody"),
    ("in clear", judge_reached("a", "http://x.example.org", Reached(None)), "a", WARN, "in clear"),
    *((f"{fault}", judge_reached("a", "https://x.example.org", fault), "a", FAIL, fault.value) for fault in Fault),
    ("no management", [judge_account("vmrd", greeted(404))], "account", FAIL, "no Management Node"),
    ("too busy", [judge_account("vmrd", greeted(503))], "account", FAIL, "too busy"),
    ("to the sign-in page", [judge_account("vmrd", greeted(302))], "account", FAIL, "does not let vmrd in"),
    ("nonsense", [judge_account("vmrd", Why.UNREADABLE)], "account", FAIL, "no sense"),
    (
        "rights unknown",
        judge_rights(dict.fromkeys(NEEDED, Why.BUSY), dict.fromkeys(NOT_NEEDED, Why.BUSY), "vmrd"),
        "rights to read",
        NOT_CHECKED,
        "no answer",
    ),
    ("an upgrade", [judge_release((node("a", "37"), node("b")))], "release", WARN, "37 and 38 at once"),
    ("a new release", [judge_release((node("a", "52 (1.0)"),))], "release", WARN, "Infinity 52"),
    ("no release", [judge_release((node("a", ""),))], "release", NOT_CHECKED, "do not say"),
    ("few ports", [judge_licences(Licences(495, 500, 1, 9000))], "licences", WARN, "5 of 500 ports"),
    ("no port", [judge_licences(Licences(500, 500, 1, 9000))], "licences", FAIL, "0 of 500 ports"),
    ("no room licence", [judge_licences(Licences(1, 500, 10, 10))], "licences", FAIL, "0 of 10 rooms"),
    ("rooms without end", [judge_licences(Licences(1, 500, 10, 0))], "licences", OK, "499 of 500"),
    (
        "a limit nobody told us of",
        judge_settings(limited(0), SETTINGS),
        "alias_scan_limit",
        FAIL,
        "after 20 unknown addresses",
    ),
    ("a lower limit of ours", judge_settings(limited(10), SETTINGS), "alias_scan_limit", OK, "below the 20 there"),
    ("settings unread", judge_settings(estate(), Why.UNREADABLE), "global settings", NOT_CHECKED, "no sense"),
    ("a silent node", nodes_with(Why.UNREACHABLE), "node 1 serves", FAIL, "does not answer"),
    ("no node", nodes_with(greeted(404)), "node 1 serves", FAIL, "404"),
    ("a page for everything", nodes_with(greeted(200), Why.UNREADABLE), "node 1 serves", FAIL, "does not answer"),
    ("no node is told of", judge_nodes([], (), (), looked_at=True), "maintenance", NOT_CHECKED, "no node"),
    (
        "all rest",
        judge_nodes([], (node("a", maintenance=True),), Why.BUSY, looked_at=True),
        "maintenance",
        FAIL,
        "every node",
    ),
    ("the calling nodes rest", [located(node("a", maintenance=True))], "calling location", FAIL, "in maintenance"),
    ("nobody to call", [located(node("a", location="Other"))], "calling location", FAIL, "no node in it"),
    ("no nodes are told of", [judge_location(calling(), UNREAD)], "calling location", NOT_CHECKED, "need not"),
    ("no theme is told", [judge_theme(Why.FORBIDDEN)], "DTMF controls", NOT_CHECKED, "need not"),
    ("Pexip's own theme", [judge_theme(replace(SETTINGS, theme=None))], "DTMF controls", WARN, "*7 unlocks"),
    (
        "a theme without a name",
        [judge_theme(replace(SETTINGS, theme=""))],
        "DTMF controls",
        NOT_CHECKED,
        "default theme;",
    ),
    ("a busy platform", [judge_domain("x.example.org", Why.BUSY)], "domain", NOT_CHECKED, "busy"),
    ("a page that is not", judge_link(estate(), Reached(90), greeted(404)), "joining link page", WARN, "404"),
    ("a page that fails", judge_link(estate(), Reached(90), greeted(502)), "joining link page", FAIL, "an error"),
    *((f"mail {o}", judge_mail(smtp(), o), "mail server", FAIL, "mail.example.org") for o in list(Outcome)[1:]),
    ("mail in clear", judge_mail(smtp("none"), Outcome.TAKEN), "mail server", WARN, "in clear"),
    (
        "a port of nobody's",
        judge_listeners(listening("", False, ours=False), running=False),
        "listen.port",
        FAIL,
        "no address",
    ),
    ("systemd's port", judge_listeners(listening("listen.port", True), running=False), "listen.port", WARN, "taken"),
    (
        "our own port",
        judge_listeners(listening("listen.port", True), running=True),
        "listen.port",
        OK,
        "the vmrd that runs",
    ),
    (
        "another's port",
        judge_listeners(listening("listen.ops_port", True), running=False),
        "listen.ops_port",
        FAIL,
        "something else",
    ),
    (
        "a port in use beside a PostgreSQL that any number of daemons use",
        judge_listeners(listening("listen.ops_port", True), running=None),
        "listen.ops_port",
        NOT_CHECKED,
        "by vmrd or by something else",
    ),
    (
        "a silent kernel",
        judge_listeners(listening("listen.port", None), running=True),
        "listen.port",
        NOT_CHECKED,
        "not tell",
    ),
]


@pytest.mark.parametrize(
    ("lines", "name", "verdict", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_finding_has_its_verdict_and_what_to_do(
    lines: Iterable[Line], name: str, verdict: Verdict, words: str
) -> None:
    found = [line for line in lines if line.name == name]
    assert [line.verdict for line in found if words in line.found] == [verdict], found
    assert all(line.todo for line in found if line.verdict in (WARN, FAIL))


def test_where_a_node_stands_counts_only_where_it_can_be_told_to_be_ours() -> None:
    ours = SeenNode("https://one.example.org", Reached(90))
    told = (node("n1", location="North"), node("n2", location="South"))
    names = (Names("n1", frozenset({"one.example.org"}), True), Names("n2", frozenset({"two.example.org"}), True))
    assert our_locations([ours], told, names) == {"North"}
    assert our_locations([ours], told, Why.FORBIDDEN) == {"North", "South"}
    assert our_locations([ours], Why.BUSY, names) == frozenset()


@pytest.mark.parametrize(("shown", "fits"), [("", None), ("****", None), ("ours", True), ("theirs", False)])
def test_a_password_is_compared_where_the_platform_shows_it(shown: str, fits: bool | None) -> None:
    assert SinkRow(resource_uri="/1/", password=shown).sink("ours").fits is fits


def test_every_word_of_the_sign_in_service_has_a_sentence() -> None:
    config = estate(
        sign_in={
            "mode": "oidc",
            "oidc": {
                "issuer": "https://auth.example.org",
                "client_id": "vmrd",
                "client_secret": "unused",
                "redirect_url": "https://vmrd.example.org/sign-in/callback",
                "all_establishments": True,
            },
        }
    )
    source = Path(provider.__file__).read_text("utf-8")
    asked = {
        f"{operation}_{how}" for operation in ("discover", "keys") for how in ("unanswered", "failed", "unreadable")
    }
    for word in asked | set(re.findall(r'Why\.AWAY, "(\w+)"', source)):
        (line,) = [each for each in judge_sign_in(config, word) if each.name == "sign-in service"]
        assert line.verdict is FAIL
        assert "cannot be used" not in line.found, word


def test_a_person_and_a_program_read_the_same() -> None:
    groups = [
        Group("One", (ok("a", "fine"), not_checked("b", "nobody looked"))),
        Group("Two", (fail("c", "bad", "do"),)),
    ]
    assert list(as_text(groups))[-2:] == [
        "1 ok, 0 warn, 1 FAIL, 1 not checked",
        "Not ready: put right what is marked FAIL and check again.",
    ]
    assert as_json(groups) == {
        "groups": [
            {
                "title": "One",
                "lines": [
                    {"verdict": "ok", "name": "a", "found": "fine", "todo": None},
                    {"verdict": "not-checked", "name": "b", "found": "nobody looked", "todo": None},
                ],
            },
            {"title": "Two", "lines": [{"verdict": "fail", "name": "c", "found": "bad", "todo": "do"}]},
        ],
        "summary": {"ok": 1, "warn": 0, "fail": 1, "not-checked": 1},
        "ready": False,
    }
    assert list(as_text([Group("One", (ok("a", "fine"),))]))[-1] == "Ready."
