"""What must hold in the world whatever anybody does, in whichever order, under whichever lag."""

from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexip_mock.calls import DialRequest
from pexip_mock.events import (
    ConferenceUpdate,
    ParticipantCreate,
    ParticipantDelete,
    ParticipantUpdate,
    StreamEvent,
    SyncBegin,
)
from pexip_mock.ground import What
from pexip_mock.knobs import Knobs
from pexip_mock.meetings import Conference, Flags
from pexip_mock.people import Kind, Participant, Role, Where
from pexip_mock.refusal import Refusal
from tests.mock.mock_house import House, a_vmr

KINDS = (Kind.BROWSER, Kind.APP, Kind.ROOM_SYSTEM, Kind.SKYPE, Kind.PHONE, Kind.RECORDER, Kind.H323)
LAGGING = Knobs(replication_delay_s=1.0)
Step = Callable[[House, Random, str], object]


def anybody(house: House, dice: Random) -> str:
    return dice.choice([*house.world.floor.legs, "nobody"])


STEPS: tuple[Step, ...] = (
    lambda house, dice, _: house.guest(kind=dice.choice(KINDS), node=dice.choice(house.world.knobs.nodes)),
    lambda house, dice, _: house.chair(kind=dice.choice(KINDS)),
    lambda house, dice, _: house.world.leave(anybody(house, dice)),
    lambda house, dice, token: house.world.disconnect_participant(token, anybody(house, dice)),
    lambda house, dice, token: house.world.admit(token, anybody(house, dice)),
    lambda house, dice, token: house.world.set_role(token, anybody(house, dice), dice.choice((Role.CHAIR, Role.GUEST))),
    lambda house, dice, token: house.world.dial(token, DialRequest("room1@rooms.example.org", role=Role.CHAIR)),
    lambda house, dice, token: house.world.dial(token, DialRequest("rtmps://stream.example.org/live", "rtmp")),
    lambda house, dice, _: house.world.dtmf(anybody(house, dice), dice.choice(("*7", "*5", "##"))),
    lambda house, _, token: house.world.start_conference(token),
    lambda house, _, token: house.world.lock(token),
    lambda house, _, token: house.world.unlock(token),
    lambda house, dice, _: house.later(elapsed=dice.uniform(0, 1)),
    lambda house, dice, _: house.later(business=dice.uniform(0, 70)),
)


def play(seed: int, steps: list[int], knobs: Knobs, watch: Callable[[House, str], None]) -> House:
    """Play a history; `watch` looks after each step. A token that died is replaced."""
    house, dice = House(knobs), Random(seed)
    token = house.host(dice.choice(knobs.nodes))
    for step in steps:
        with suppress(Refusal):
            STEPS[step](house, dice, token)
        try:
            house.world.whoami(token)
        except Refusal:
            token = house.host(dice.choice(knobs.nodes))
        watch(house, token)
    return house


histories = st.lists(st.integers(0, len(STEPS) - 1), min_size=1, max_size=40)


class Reader:
    """What a client knows that believes its event stream."""

    def __init__(self) -> None:
        self.roster: dict[str, Participant] = {}
        self.flags: Flags | None = None

    def read(self, house: House, token: str) -> None:
        for event in house.world.take_events(token):
            self.learn(event)

    def learn(self, event: StreamEvent) -> None:
        match event:
            case SyncBegin():
                self.roster = {}
            case ParticipantCreate(participant) | ParticipantUpdate(participant):
                self.roster[participant.uuid] = participant
            case ParticipantDelete(uuid):
                self.roster.pop(uuid, None)
            case ConferenceUpdate(flags):
                self.flags = flags
            case _:
                pass


@pytest.mark.parametrize("knobs", [Knobs.fast(), LAGGING], ids=["fast", "lagging"])
@given(seed=st.integers(0, 2**32), steps=histories)
def test_who_believes_the_stream_knows_what_the_node_knows(knobs: Knobs, seed: int, steps: list[int]) -> None:
    reader = Reader()

    def same(house: House, token: str) -> None:
        reader.read(house, token)
        assert reader.roster == {p.uuid: p for p in house.world.participants(token)}
        assert reader.flags == house.world.conference_status(token)

    play(seed, steps, knobs, same)


@given(seed=st.integers(0, 2**32), steps=histories)
def test_when_nothing_more_is_due_every_reader_agrees_with_the_truth(seed: int, steps: list[int]) -> None:
    def nothing(_house: House, _token: str) -> None:
        pass

    house = play(seed, steps, LAGGING, nothing)
    house.later(elapsed=100)
    truth = {leg.uuid: leg.shown for leg in house.world.floor.legs.values()}
    assert {p.uuid: p for p in house.world.status_participants()} == truth
    assert {p.uuid: p for p in house.world.status_participants(a_vmr().name)} == truth
    running = {c.uuid: c.flags for c in house.world.floor.running.values()}
    assert {facts.uuid: facts.flags for facts in house.world.status_conferences()} == running
    for views in house.world.news.views.values():
        for uuid, view in views.items():
            assert view.roster == {leg.uuid: leg.shown for leg in house.world.floor.by_uuid[uuid].live.values()}


@given(seed=st.integers(0, 2**32), steps=histories)
def test_the_rules_of_the_door_hold_after_every_step(seed: int, steps: list[int]) -> None:
    inside: dict[str, bool] = {}

    def look(house: House, _token: str) -> None:
        for conference in house.world.floor.running.values():
            assert_door(conference, inside)

    play(seed, steps, Knobs.fast(), look)


def assert_door(conference: Conference, inside: dict[str, bool]) -> None:
    started, locked = conference.flags.started, conference.flags.locked
    callers = [leg for leg in conference.live.values() if leg.kind is not Kind.API]
    for leg in callers:
        if leg.where is Where.WAITING:
            assert locked or not started, "somebody is held in an open room"
        if leg.where is Where.INSIDE and leg.role is Role.GUEST and not inside.get(leg.uuid):
            assert started or locked, "a Guest came in before the start"
        inside[leg.uuid] = leg.where is Where.INSIDE


@given(seed=st.integers(0, 2**32), steps=histories)
def test_the_account_agrees_with_itself(seed: int, steps: list[int]) -> None:
    def nothing(_house: House, _token: str) -> None:
        pass

    house = play(seed, steps, LAGGING, nothing)
    account = list(house.world.account)
    assert [one.seq for one in account] == list(range(1, len(account) + 1))
    assert [one.business for one in account] == sorted(one.business for one in account)
    assert [one.elapsed for one in account] == sorted(one.elapsed for one in account)
    arrived: set[str] = set()
    left: set[str] = set()
    for one in account:
        if one.what in (What.DIALLED, What.DIALLED_OUT):
            arrived.add(one.participant)
        elif one.participant:
            assert one.participant in arrived - left
        if one.what is What.LEFT:
            left.add(one.participant)
    assert arrived - left == set(house.world.floor.legs)
    assert all(not conference.live for conference in house.world.floor.ended)


@given(seed=st.integers(0, 2**32), steps=histories)
def test_the_same_seed_and_calls_give_the_same_history(seed: int, steps: list[int]) -> None:
    def nothing(_house: House, _token: str) -> None:
        pass

    first, second = (play(seed, steps, LAGGING, nothing) for _ in range(2))
    assert list(first.world.account) == list(second.world.account)
