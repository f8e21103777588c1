"""The judge of the demo: each check is confirmed by a good account, and by no account in which the thing went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, time
from typing import Any

import pytest

from vmrd.demo import verify as v

ALIAS, NAME, TAG = "qwertyuiop", "vmrd-s-1", "vmrd:s"
PHONE, GUEST, LATE = "+441632960123", "Priya Nair", "Redial"


def leg(name: str, where: str, *, kind: str = "browser", entered: bool = True, **more: Any) -> dict[str, Any]:
    stamp = "2026-11-05T10:00:00Z"
    return {
        "id": f"id-{name}",
        "name": name,
        "kind": kind,
        "where": where,
        "outbound": False,
        "has_video": kind == "browser",
        "enteredAt": stamp if entered else None,
        **more,
    }


def account(*lines: tuple[str, str], name: str = NAME) -> list[dict[str, Any]]:
    """Lines of (what, whose name or nothing), a second apart."""
    return [
        {"seq": n, "what": what, "participant": f"id-{who}" if who else "", "elapsed": float(n), "name": name}
        for n, (what, who) in enumerate(lines, start=1)
    ]


def running() -> dict[str, Any]:
    """A locked meeting: guest, prison room and control inside; a telephone put out before the start."""
    return {
        "businessMs": datetime(2026, 11, 5, 10, 20, tzinfo=UTC).timestamp() * 1_000,
        "vmrs": [
            {
                "name": NAME,
                "tag": TAG,
                "aliases": [f"{ALIAS}@example.org"],
                "deleted": False,
                "dialable": {"n1": True, "n2": True},
            },
            {"name": "other", "tag": "vmrd:o", "aliases": ["other"], "deleted": False, "dialable": {"n1": False}},
        ],
        "conferences": [
            {
                "name": NAME,
                "endedAt": None,
                "started": True,
                "locked": True,
                "recording": False,
                "streaming": False,
                "transcribing": False,
                "participants": [
                    leg("Control", "inside", kind="api"),
                    leg("Room", "inside", kind="room-system", outbound=True),
                    leg(GUEST, "inside"),
                    leg(PHONE, "left", kind="phone", entered=False),
                ],
            }
        ],
        "history": account(
            ("dialled", PHONE),
            ("left", PHONE),
            ("started", ""),
            ("entered", GUEST),
            ("entered", "Room"),
            ("locked", ""),
        ),
    }


def ended() -> dict[str, Any]:
    """The same meeting over: guest out, then the room; vmr deleted and forgotten by the nodes."""
    state = running()
    conference = state["conferences"][0]
    conference["endedAt"] = "2026-11-05T10:30:00Z"
    for each in conference["participants"]:
        each["where"] = "left"
    lines = [(line["what"], line["participant"].removeprefix("id-")) for line in state["history"]]
    state["history"] = account(*lines, ("left", GUEST), ("left", "Room"), ("ended", ""), ("vmr-deleted", ""))
    state["vmrs"][0] |= {"deleted": True, "dialable": {"n1": False, "n2": False}}
    return state


def relocked(*after: tuple[str, str]) -> dict[str, Any]:
    """The meeting after somebody unlocked it, and what followed."""
    state = running()
    lines = [(line["what"], line["participant"].removeprefix("id-")) for line in state["history"]]
    state["history"] = account(*lines, ("unlocked", ""), *after)
    return state


def changed(state: Mapping[str, Any], *path: str | int, to: object) -> dict[str, Any]:
    copy = deepcopy(dict(state))
    here: Any = copy
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = to
    return copy


def judged(check: v.Check, state: Mapping[str, Any]) -> str | None:
    return check(v.meeting(state, ALIAS))


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (v.put_out_before_start(PHONE), running()),
        (v.never_inside(PHONE), running()),
        (v.gone(PHONE), running()),
        (v.inside_are(GUEST), running()),
        (v.started_once, running()),
        (v.locked_throughout, running()),
        (v.not_recorded, running()),
        (v.one_vmr, running()),
        (v.dialable, running()),
        (v.clock_shows(time(10, 20)), running()),
        (v.locked_again, relocked(("locked", ""))),
        (v.was_unlocked, relocked()),
        (v.room_out_last, ended()),
        (v.deleted, ended()),
        (v.dead, ended()),
        (v.never_came(LATE), ended()),
    ],
)
def test_a_good_account_is_confirmed(check: v.Check, state: dict[str, Any]) -> None:
    assert judged(check, state) is None


CONFERENCE = ("conferences", 0)
PEOPLE = (*CONFERENCE, "participants")


@pytest.mark.parametrize(
    ("check", "state"),
    [
        pytest.param(
            v.put_out_before_start(PHONE),
            running() | {"history": account(("dialled", PHONE), ("started", ""), ("left", PHONE))},
            id="phone out only after the start",
        ),
        pytest.param(v.put_out_before_start(PHONE), running() | {"history": []}, id="never started"),
        pytest.param(v.never_inside(PHONE), changed(running(), *PEOPLE, 3, "enteredAt", to="10:01"), id="phone inside"),
        pytest.param(v.gone(PHONE), changed(running(), *PEOPLE, 3, "where", to="waiting"), id="phone still waits"),
        pytest.param(v.gone(LATE), running(), id="who never came is not gone"),
        pytest.param(v.waits(GUEST), running(), id="inside is not waiting"),
        pytest.param(v.waits(LATE), running(), id="not there is not waiting"),
        pytest.param(v.inside_are(GUEST), changed(running(), *PEOPLE, 3, "where", to="inside"), id="one too many"),
        pytest.param(v.inside_are(GUEST), changed(running(), *PEOPLE, 2, "has_video", to=False), id="no picture"),
        pytest.param(v.inside_are(GUEST), changed(running(), *PEOPLE, 1, "where", to="left"), id="no prison room"),
        pytest.param(v.inside_are(GUEST, LATE), running(), id="one too few"),
        pytest.param(
            v.started_once, running() | {"history": account(("started", ""), ("started", ""))}, id="restarted"
        ),
        pytest.param(v.not_started, running(), id="started"),
        pytest.param(v.unlocked, running(), id="locked"),
        pytest.param(v.locked, changed(running(), *CONFERENCE, "locked", to=False), id="not locked"),
        pytest.param(v.locked_throughout, relocked(("locked", "")), id="unlocked in between"),
        pytest.param(v.locked_again, running(), id="nobody unlocked"),
        pytest.param(v.locked_again, relocked(), id="not locked again"),
        pytest.param(
            v.locked_again, relocked(*[("entered", GUEST)] * 3, ("locked", "")), id="locked again after four seconds"
        ),
        pytest.param(v.was_unlocked, running(), id="still locked"),
        pytest.param(v.not_recorded, changed(running(), *CONFERENCE, "streaming", to=True), id="streamed"),
        pytest.param(v.one_vmr, changed(running(), "vmrs", 1, "tag", to=TAG), id="a second room with the tag"),
        pytest.param(v.one_vmr, running() | {"vmrs": []}, id="no room"),
        pytest.param(
            v.dialable, changed(running(), "vmrs", 0, "dialable", "n2", to=False), id="a node does not know it"
        ),
        pytest.param(v.clock_shows(time(10, 25)), running(), id="too early"),
        pytest.param(v.room_out_last, running(), id="still runs"),
        pytest.param(
            v.room_out_last,
            ended() | {"history": account(("left", "Room"), ("left", GUEST), ("ended", ""))},
            id="room out first",
        ),
        pytest.param(v.deleted, changed(ended(), "vmrs", 0, "deleted", to=False), id="still configured"),
        pytest.param(v.dead, changed(ended(), "vmrs", 0, "dialable", "n1", to=True), id="a node still answers"),
        pytest.param(v.dead, changed(ended(), *CONFERENCE, "endedAt", to=None), id="a meeting under the old name"),
        pytest.param(v.never_came(GUEST), ended(), id="somebody got through"),
        pytest.param(v.every(v.one_vmr, v.locked_again), running(), id="one of two"),
    ],
)
def test_an_account_in_which_it_went_wrong_is_not(check: v.Check, state: dict[str, Any]) -> None:
    assert judged(check, state)


def test_an_alias_nobody_has_is_no_meeting() -> None:
    nothing = v.meeting(running(), "unknown")
    assert nothing.vmrs == ()
    assert nothing.legs == ()
    assert v.one_vmr(nothing)
