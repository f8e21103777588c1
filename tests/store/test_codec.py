"""A record comes back equal from its text, whatever it holds and however old the text is."""

import json
from collections.abc import Mapping, Sequence
from typing import get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.samples import full_session
from vmrd.lifecycle.commands import Command
from vmrd.lifecycle.facts import Fact, LegLeft, Locked
from vmrd.lifecycle.session import Session
from vmrd.store.base import StoreError
from vmrd.store.codec import COMMANDS, FACTS, SESSIONS, Codec, Upgrader

# The core makes plain dicts; left alone, Hypothesis would make every kind of mapping there is.
_DICTS: dict[str, st.SearchStrategy[object]] = {
    name: st.dictionaries(*map(st.from_type, get_args(hint)))
    for name, hint in get_type_hints(Session).items()
    if get_origin(hint) is Mapping
}


@given(st.builds(Session, **_DICTS))
def test_any_session_comes_back_equal(session: Session) -> None:
    assert SESSIONS.decode(SESSIONS.encode(session)) == session


@given(st.one_of([st.from_type(kind) for kind in get_args(Fact)]))
def test_any_fact_comes_back_equal(fact: Fact) -> None:
    assert FACTS.decode(FACTS.encode(fact)) == fact


@given(st.one_of([st.from_type(kind) for kind in get_args(Command)]))
def test_any_command_comes_back_equal(command: Command) -> None:
    assert COMMANDS.decode(COMMANDS.encode(command)) == command


@pytest.mark.parametrize("kind", get_args(Fact), ids=lambda kind: kind.__name__)
def test_every_kind_of_fact_has_a_name_of_its_own(kind: type[Fact]) -> None:
    assert [other for other in get_args(Fact) if other.__name__ == kind.__name__] == [kind]


def test_values_come_back_as_what_they_were() -> None:
    session = SESSIONS.decode(SESSIONS.encode(full_session()))
    assert type(session.legs) is dict
    assert type(session.noted) is tuple
    assert type(session.phase) is type(full_session().phase)
    assert hash(session.legs["person-1"]) == hash(full_session().legs["person-1"])


def test_a_record_says_its_shape_type_and_fields() -> None:
    assert json.loads(FACTS.encode(Locked(at=7))) == {"shape": 1, "type": "Locked", "fields": {"at": 7}}


def test_the_order_and_spacing_of_a_text_do_not_matter() -> None:
    assert FACTS.decode('{ "fields": {"at": 7}, "type": "Locked", "shape": 1 }') == Locked(at=7)


# Made up: in shape 1 a lock told seconds, and in shapes 1 and 2 a leg that left was called gone.
def _seconds_to_milliseconds(name: str, fields: dict[str, object]) -> tuple[str, dict[str, object]]:
    if name == "Locked":
        seconds = fields.pop("seconds")
        assert isinstance(seconds, int)
        fields["at"] = seconds * 1000
    return name, fields


def _gone_is_called_left(name: str, fields: dict[str, object]) -> tuple[str, dict[str, object]]:
    return ("LegLeft" if name == "LegGone" else name), fields


UPGRADERS: Sequence[Upgrader] = (_seconds_to_milliseconds, _gone_is_called_left)


@pytest.mark.parametrize(
    ("old", "fact"),
    [
        ('{"shape":1,"type":"Locked","fields":{"seconds":5}}', Locked(at=5000)),
        ('{"shape":2,"type":"Locked","fields":{"at":5000}}', Locked(at=5000)),
        ('{"shape":1,"type":"LegGone","fields":{"leg":"a","reason":null,"at":1}}', LegLeft("a", None, 1)),
        ('{"shape":2,"type":"LegGone","fields":{"leg":"a","reason":null,"at":1}}', LegLeft("a", None, 1)),
        ('{"shape":3,"type":"LegLeft","fields":{"leg":"a","reason":null,"at":1}}', LegLeft("a", None, 1)),
    ],
)
def test_a_text_of_an_older_shape_is_lifted_through_every_shape_it_missed(old: str, fact: Fact) -> None:
    codec: Codec[Fact] = Codec((Locked, LegLeft), UPGRADERS)
    assert codec.decode(old) == fact
    assert json.loads(codec.encode(fact))["shape"] == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "not json: Jane Canary",
        '{"shape":1,"type":"Locked","fields":{"at":"Jane Canary"}}',
        '{"shape":1,"type":"Locked","fields":{}}',
        '{"shape":1,"type":"JaneCanary","fields":{}}',
        '{"shape":1,"type":"Locked","fields":"Jane Canary"}',
        '{"shape":1,"type":"Locked"}',
        '{"shape":0,"type":"Locked","fields":{"at":1}}',
        '{"shape":2,"type":"Locked","fields":{"at":1}}',
    ],
)
def test_a_text_that_cannot_be_read_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(StoreError) as refused:
        FACTS.decode(text)
    assert "Canary" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_text_no_database_could_hold_is_refused() -> None:
    with pytest.raises(StoreError, match="LegLeft"):
        FACTS.encode(LegLeft(leg="\ud800", reason=None, at=1))
