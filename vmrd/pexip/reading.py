"""One conference read again and again with one token: its state, then everybody in it.

State *first* and everybody *after*: whoever came in before the lock that the state shows is then on the list. The other
way round, somebody entering in between would be missing from a roster that claims to be locked.

Most reads say what the last one said, byte for byte. Such an answer is the very roster that was made of the last one:
nothing of it is parsed, and whoever compares sees at once that it is the same.
"""

from __future__ import annotations

from pydantic import TypeAdapter

from vmrd.lifecycle.inputs import Sighting
from vmrd.pexip import refusals
from vmrd.pexip.http import PexipHttp, Prepared
from vmrd.pexip.wire import ClientConference, ClientParticipant, ConferenceState, Envelope, Roster, parse, roster

_STATE = TypeAdapter(Envelope[ClientConference])
_PEOPLE = TypeAdapter(Envelope[list[ClientParticipant]])


class Reading:
    """Both requests are made once. One `now` at a time."""

    __slots__ = ("_former", "_http", "_people", "_roster", "_state")

    def __init__(self, http: PexipHttp, state: Prepared, people: Prepared) -> None:
        self._http, self._state, self._people = http, state, people
        self._former: tuple[bytes, bytes] | None = None
        self._roster: Roster | None = None

    async def now(self) -> Roster:
        """The conference as it is, true for the moment at which this began; the same object while nothing has changed.

        Raises the errors of `errors`.
        """
        bodies = await self._body(self._state), await self._body(self._people)
        if self._roster is None or bodies != self._former:
            self._roster = roster(state_of(bodies[0]), people_of(bodies[1]))
            self._former = bodies
        return self._roster

    async def _body(self, request: Prepared) -> bytes:
        answer = await self._http.ask(request)
        if answer.status != 200:
            raise refusals.of_client(answer)
        return answer.body


def state_of(body: bytes) -> ConferenceState:
    """The answer to `conference_status`. Raises Malformed."""
    return parse(_STATE, body, "conference_status").result.state()


def people_of(body: bytes) -> tuple[Sighting, ...]:
    """The answer to `participants`. Raises Malformed."""
    return tuple(person.sighting() for person in parse(_PEOPLE, body, "participants").result)
