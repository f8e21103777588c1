"""Policy between the mock's nodes and our door, through both sides' own words: a query string there, JSON back."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlencode

from pexip_mock.entrance import NO_VERDICT, Verdict
from pexip_mock.people import Person
from pexip_mock.policy_query import Query, call_of, participant_query, service_query
from pexip_mock.policy_reply import participant_heard, service_heard
from tests.cosim.faults import NODES
from tests.cosim.shells import DOMAIN, HOST_PIN, Shells
from vmrd.carry import spec_of
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.door import OPEN_TO, Question, Why, doorway, judge
from vmrd.lifecycle.inputs import Protocol
from vmrd.lifecycle.words import LIVE, Phase
from vmrd.pexip.policy import CONTINUE, NO_SUCH_SERVICE, born_locked, read_ask, turned_away

ALLOWED = OPEN_TO | {Protocol.SIP, Protocol.H323, Protocol.SKYPE}


class Door:
    """Asks as a node does and answers as vmrd does; `turned` counts the phones it kept out."""

    def __init__(self, shells: Shells) -> None:
        self.shells = shells
        self.turned = 0

    def verdict(self, person: Person) -> Verdict:
        """What becomes of somebody who dials."""
        knobs = self.shells.world.knobs
        call = call_of(person, person.node or NODES[0], f"uuid-{self.turned}")
        asked = self._ask(service_query(call, knobs, "Main"), Question.SERVICE)
        verdict = service_heard(json.loads(asked), person.alias, knobs).verdict
        vmr = verdict.service or self.shells.world.directory.dialable(call.node, person.alias)
        if verdict.service_rejected or vmr is None:
            return verdict
        asked = self._ask(participant_query(call, knobs, "Main", vmr, None), Question.PARTICIPANT)
        return replace(participant_heard(json.loads(asked), verdict, knobs).verdict, participant_uuid="")

    def _ask(self, query: Query, question: Question) -> bytes:
        shells = self.shells
        session, ask = shells.session, read_ask(urlencode(query))
        assert f"{ask.local}@{ask.domain}" == session.alias + DOMAIN
        why = judge(doorway(session, shells.rules), ask.caller, question, shells.now, ALLOWED)
        if why is Why.PHONE:
            self.turned += 1
            noted = i.PhoneAtDoor(f"call-{self.turned}", "ref-number ending 123", shells.now)
            shells.clock.after(shells.faults.lag(0.05), lambda: shells.submit(noted))
        if why is not None:
            return NO_SUCH_SERVICE if question is Question.SERVICE else turned_away(str(why))
        ready = session.phase is Phase.READY or session.phase in LIVE
        if question is Question.SERVICE and ready and shells.rules.opening_locked_first:
            return born_locked(spec_of(session.id, session.vmr_name, session.alias + DOMAIN, HOST_PIN))
        return CONTINUE


class NoDoor:
    """A platform that asks nobody."""

    turned = 0

    def verdict(self, person: Person) -> Verdict:
        return NO_VERDICT
