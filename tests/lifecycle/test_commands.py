"""How commands are carried: in which lane, under which key, for how long, and by whom they are repeated."""

from __future__ import annotations

from typing import get_args

import pytest

from vmrd.lifecycle import commands as c
from vmrd.lifecycle.commands import Command, Lane, kept, key, lane, lasting
from vmrd.lifecycle.words import Letter

EVERY: tuple[Command, ...] = (
    c.EnsureVmr(1, "vmrd-s1-1", "hqzkwtrmvx"),
    c.ProbeAlias(1, "hqzkwtrmvx"),
    c.DeleteVmr(1, "vmrd-s1-1"),
    c.EndInstance("vmrd-s1-1"),
    c.StartConference(),
    c.SetLock(True),
    c.AdmitLeg("ada"),
    c.DisconnectLeg("ada"),
    c.EnsureEndpointInside("room1@mdi.example.org"),
    c.EndConference(),
    c.ReleaseControl(),
    c.WipeSecrets(),
    c.Tell("session.opened", 7),
    c.Write(Letter.CHANGED, 7),
)


def test_this_file_speaks_of_every_command() -> None:
    assert {type(command) for command in EVERY} == set(get_args(Command))


def test_no_two_commands_share_a_key_and_a_newer_one_to_the_same_end_replaces_the_older() -> None:
    assert len({key(command) for command in EVERY}) == len(EVERY)
    assert key(c.SetLock(True)) == key(c.SetLock(False))
    assert key(c.DisconnectLeg("ada")) != key(c.DisconnectLeg("bo"))
    assert key(c.EnsureVmr(1, "a", "b")) != key(c.EnsureVmr(2, "a", "b"))


def test_a_slow_booking_system_or_management_node_holds_up_no_officer() -> None:
    lanes = {type(command): lane(command) for command in EVERY}
    assert lanes[c.Tell] is Lane.NOTIFY
    assert lanes[c.Write] is Lane.MAIL
    assert lanes[c.EnsureVmr] is Lane.PROVISIONING
    assert [command for command, its in lanes.items() if its is Lane.ROOM] == [c.EnsureEndpointInside]
    assert {lanes[c.AdmitLeg], lanes[c.DisconnectLeg], lanes[c.StartConference]} == {Lane.LIVE}
    assert {lanes[c.SetLock], lanes[c.EndConference]} == {Lane.LOCK}


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
def test_what_makes_a_room_safe_never_expires_and_letting_somebody_in_does(command: Command) -> None:
    safe = (c.SetLock, c.DisconnectLeg, c.EndConference, c.EnsureVmr)
    assert lasting(command) is (isinstance(command, safe) or kept(command))


def test_an_unlock_asked_for_long_ago_is_not_carried_out() -> None:
    assert not lasting(c.SetLock(False))
    assert not lasting(c.AdmitLeg("ada"))


def test_the_dispatcher_keeps_what_the_core_asks_once_only() -> None:
    asked_once = {type(command) for command in EVERY if kept(command)}
    assert asked_once == {c.DeleteVmr, c.EndInstance, c.WipeSecrets, c.ReleaseControl, c.Tell, c.Write}
