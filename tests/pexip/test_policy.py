"""External policy: what is read of a question, and what a node makes of each of our answers."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexip_mock.entrance import NO_VERDICT
from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind, Person
from pexip_mock.policy_query import Call, call_of, participant_query, service_query
from pexip_mock.policy_reply import participant_heard, service_heard
from pexip_mock.vmrs import Alias, Vmr
from vmrd.lifecycle.door import is_phone
from vmrd.lifecycle.inputs import Protocol
from vmrd.pexip.policy import CONTINUE, LONGEST, NO_SUCH_SERVICE, Ask, born_locked, read_ask, shown_as, turned_away
from vmrd.pexip.vmr import VmrSpec

ALIAS = "qwhzkwtrmvxabc@meet.example.org"
KNOBS = Knobs()
KEYS = ("local_alias", "remote_alias", "remote_display_name", "protocol", "bandwidth", "p_Asserted-Identity")
VMR = Vmr(name="vmrd-s1-1", aliases=(Alias(ALIAS),))
SPEC = VmrSpec("vmrd-s1-1", (ALIAS,), "vmrd:s1", "48291375", description="Prison video link, made by vmrd")


def asked(kind: Kind, name: str = "Ada Byron", number: str | None = None, **changes: object) -> Ask:
    """What we read of a node's question about somebody who dials."""
    call = replace(call_of(Person(ALIAS, name, kind, number=number), "10.0.0.1", "uuid"), **changes)  # type: ignore[arg-type]
    return read_ask(urlencode(service_query(call, KNOBS, "Main")))


@pytest.mark.parametrize(
    ("kind", "protocol"),
    [
        (Kind.BROWSER, Protocol.CONTROL),
        (Kind.APP, Protocol.CONTROL),
        (Kind.ROOM_SYSTEM, Protocol.SIP),
        (Kind.SKYPE, Protocol.SKYPE),
        (Kind.PHONE, Protocol.SIP),
        (Kind.H323, Protocol.H323),
        (Kind.TEAMS, Protocol.GATEWAY),
        (Kind.MEET, Protocol.GATEWAY),
    ],
)
def test_everybody_is_recognised_by_how_they_call(kind: Kind, protocol: Protocol) -> None:
    ask = asked(kind)
    assert (ask.local, ask.domain, ask.calls_in) == ("qwhzkwtrmvxabc", "meet.example.org", True)
    assert ask.caller.protocol is protocol
    assert is_phone(ask.caller) is (kind is Kind.PHONE)
    assert ask.name == "Ada Byron"


def test_a_browser_that_sends_media_is_asked_about_as_web() -> None:
    call = call_of(Person(ALIAS, "Ada Byron"), "10.0.0.1", "uuid").with_media()
    ask = read_ask(urlencode(participant_query(call, KNOBS, "Main", VMR, None)))
    assert ask.caller.protocol is Protocol.WEB


def test_a_withheld_number_is_found_in_what_the_network_vouches_for() -> None:
    query = urlencode(
        {
            "protocol": "sip",
            "local_alias": f"sip:{ALIAS}",
            "remote_alias": "sip:anonymous@anonymous.invalid",
            "p_Asserted-Identity": json.dumps(
                ['"Caller" <sip:+441632960123@carrier.example.org>', "<tel:+441632960123>"]
            ),
        }
    )
    caller = read_ask(query).caller
    assert caller.asserted == ("sip:+441632960123@carrier.example.org", "tel:+441632960123")
    assert is_phone(caller)


@pytest.mark.parametrize("header", ["tel:+441632960123", "[1, 2", '{"a": 1}', "<>", "[[]]"])
def test_an_odd_header_is_read_as_it_came(header: str) -> None:
    query = urlencode({"protocol": "sip", "local_alias": ALIAS, "p_Asserted-Identity": header})
    assert all(isinstance(each, str) for each in read_ask(query).caller.asserted)


@pytest.mark.parametrize(("bandwidth", "video"), [("64", False), ("2048", True), ("64000", False), ("2048000", True)])
def test_bandwidth_tells_voice_from_video_in_either_unit(bandwidth: str, video: bool) -> None:
    assert read_ask(f"protocol=sip&bandwidth={bandwidth}").caller.video is video


@pytest.mark.parametrize("bandwidth", ["", "-1", "many", "²", "9" * 400])
def test_a_bandwidth_that_is_none_says_nothing_of_video(bandwidth: str) -> None:
    assert not read_ask(urlencode({"protocol": "sip", "bandwidth": bandwidth})).caller.video


@pytest.mark.parametrize(
    "dialled",
    [
        f"sip:{ALIAS}",
        f"SIPS:{ALIAS.upper()};transport=tls",
        f"h323:{ALIAS}",
        f"sip:{ALIAS}:5061",
        f" {ALIAS} ",
    ],
)
def test_an_alias_is_the_same_however_it_was_dialled(dialled: str) -> None:
    ask = read_ask(urlencode({"local_alias": dialled}))
    assert (ask.local, ask.domain) == ("qwhzkwtrmvxabc", "meet.example.org")


@pytest.mark.parametrize(
    "query", ["", "&&&", "=", "local_alias", "local_alias=%", "local_alias=%ff%fe", "x=1&local_alias"]
)
def test_nonsense_is_read_as_nothing(query: str) -> None:
    ask = read_ask(query)
    assert "@" not in ask.local
    assert ask.caller.protocol is Protocol.UNKNOWN


@given(st.text(max_size=300), st.dictionaries(st.sampled_from(KEYS), st.text(max_size=60)))
def test_whatever_is_asked_is_read(raw: str, fields: dict[str, str]) -> None:
    for query in (raw, urlencode(fields), raw + urlencode(fields)):
        ask = read_ask(query)
        assert ask.local == ask.local.lower()
        assert isinstance(is_phone(ask.caller), bool)
        assert isinstance(ask.name, str)


def test_calls_of_our_own_and_questions_without_a_call_are_no_callers() -> None:
    call = Call("10.0.0.1", ALIAS, "MDI Video 1", Kind.ROOM_SYSTEM, "room1@mdi.example.org", service=VMR)
    assert not read_ask(urlencode(service_query(call, KNOBS, "Main"))).calls_in
    assert not asked(Kind.ROOM_SYSTEM, trigger="options").calls_in


def test_continue_leaves_a_node_to_its_own_database() -> None:
    heard = service_heard(json.loads(CONTINUE), ALIAS, KNOBS)
    assert (heard.verdict, heard.failed) == (NO_VERDICT, False)
    assert participant_heard(json.loads(CONTINUE), NO_VERDICT, KNOBS).verdict == NO_VERDICT


def test_a_service_refused_is_not_found() -> None:
    heard = service_heard(json.loads(NO_SUCH_SERVICE), ALIAS, KNOBS)
    assert heard.verdict.service_rejected
    assert not heard.failed


@pytest.mark.parametrize("form", ["either", "action", "result"])
def test_a_caller_is_turned_away_in_whichever_form_a_node_reads(form: str) -> None:
    knobs = KNOBS.changed({"policy_reject_form": form})
    verdict = participant_heard(json.loads(turned_away("Not by telephone." * 40)), NO_VERDICT, knobs).verdict
    assert verdict.participant_rejected
    assert len(verdict.reject_reason) == LONGEST


def test_a_protected_person_is_shown_under_another_name_and_address() -> None:
    heard = participant_heard(json.loads(shown_as("Interpreter 1")), NO_VERDICT, KNOBS)
    assert (heard.verdict.display_name, heard.verdict.address) == ("Interpreter 1", "Interpreter 1")
    assert not heard.failed


def test_a_room_born_locked_is_the_vmr_as_we_made_it() -> None:
    heard = service_heard(json.loads(born_locked(SPEC)), ALIAS, KNOBS)
    vmr = heard.verdict.service
    assert vmr is not None
    assert not heard.failed
    assert (vmr.name, vmr.tag, vmr.pin, vmr.locked_at_birth) == (SPEC.name, SPEC.tag, SPEC.host_pin, True)
    assert (vmr.allow_guests, vmr.guest_pin, vmr.enable_chat) == (True, "", "no")


def test_a_question_shows_nothing_of_who_calls() -> None:
    assert "Byron" not in repr(asked(Kind.ROOM_SYSTEM))
