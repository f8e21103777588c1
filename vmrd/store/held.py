"""What a step looks at: it stays as it is until the commit, and so need not be asked for twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant
from vmrd.lifecycle.works import Window
from vmrd.store.base import Ahead, BookingRecord, Busy, Claim, Held, Officer, SignIn
from vmrd.store.codec import Decoded
from vmrd.store.rows import Connection, OnlyWriter, Rows
from vmrd.store.rx import SqlRx
from vmrd.store.secrets import SecretBox

_T = TypeVar("_T")
_WITH_SALT = "SELECT (SELECT body FROM session WHERE id = ?), (SELECT salt FROM salt WHERE session_id = ?)"


class HeldRx(SqlRx):
    """The port's `Rx` for a step that may write.

    One of two replicas would else decide on what the other is about to change: a session, a booking, the claims of a
    room, an establishment's works, a receipt. `hold` sees to that, and where it cannot, `Busy` is raised: the step
    leaves no trace and runs again with a later group. So what was read once is known until the step itself changes it,
    and whoever writes forgets it here.
    """

    def __init__(self, connection: Connection, box: SecretBox, decoded: Decoded, hold: OnlyWriter) -> None:
        super().__init__(connection, box, decoded)
        self._hold = hold
        self._sessions: dict[str, Session | None] = {}
        self._salts: dict[str, bytes | None] = {}
        self._bookings: dict[str, BookingRecord | None] = {}
        self._claims: dict[Claim, list[Held]] = {}
        self._works: dict[tuple[str, Instant, Instant], list[Window]] = {}
        self._asked: dict[object, Rows] = {}

    def ahead(self, look: Ahead) -> None:
        wanted: list[tuple[Any, str, Callable[[Any], Rows]]] = []
        if look.receipt is not None:
            wanted.append((look.receipt, _of_receipt(look.receipt), super()._ask_receipt))
        if look.booking is not None and look.booking not in self._bookings:
            wanted.append((look.booking, _of_booking(look.booking), super()._ask_booking))
        if look.works is not None and look.works not in self._works:
            wanted.append((look.works, _of_works(look.works), super()._ask_works))
        ask_claims = super()._ask_claims
        wanted += [(claim, _of_claim(claim), ask_claims) for claim in look.claims if claim not in self._claims]
        self._hold.insist(*(name for _, name, _ in wanted))
        for at, _, ask in wanted:
            self._asked[at] = ask(at)

    def _look(self, at: _T, name: str, ask: Callable[[_T], Rows]) -> Rows:
        """What was asked for ahead, or is asked for now."""
        asked = self._asked.pop(at, None)
        if asked is None:
            self._hold.insist(name)
            asked = ask(at)
        return asked

    def session(self, session_id: str) -> Session | None:
        if session_id not in self._sessions:
            self._hold.insist(session_id)
            body, salt = self._connection.execute(_WITH_SALT, (session_id, session_id)).fetchone()
            self._salts[session_id] = salt
            self._sessions[session_id] = body and self._decoded(session_id, body)
        return self._sessions[session_id]

    def claim_holder(self, kind: str, subject: str, start: Instant, end: Instant, but_not: str) -> str | None:
        held = self.claims(kind, subject, start, end)
        return next((each.session_id for each in held if each.session_id != but_not), None)

    def claims_on(self, wanted: Sequence[Claim]) -> list[list[Held]]:
        new = [claim for claim in wanted if claim not in self._claims]
        self._claims.update(zip(new, super().claims_on(new), strict=True))
        return [self._claims[claim] for claim in wanted]

    def _ask_claims(self, claim: Claim) -> Rows:
        return self._look(claim, _of_claim(claim), super()._ask_claims)

    def works(self, establishment: str, start: Instant, end: Instant) -> list[Window]:
        asked = establishment, start, end
        if asked not in self._works:
            self._works[asked] = super().works(establishment, start, end)
        return self._works[asked]

    def _ask_works(self, when: tuple[str, Instant, Instant]) -> Rows:
        return self._look(when, _of_works(when), super()._ask_works)

    def works_window(self, window_id: str) -> Window | None:
        self._hold.insist(window_id)
        return super().works_window(window_id)

    def booking(self, booking_id: str) -> BookingRecord | None:
        if booking_id not in self._bookings:
            self._bookings[booking_id] = super().booking(booking_id)
        return self._bookings[booking_id]

    def _ask_booking(self, booking_id: str) -> Rows:
        return self._look(booking_id, _of_booking(booking_id), super()._ask_booking)

    def _ask_receipt(self, which: tuple[str, str]) -> Rows:
        return self._look(which, _of_receipt(which), super()._ask_receipt)

    def officer(self, name: str) -> Officer | None:
        self._hold.insist(f"officer {name}")
        return super().officer(name)

    def sign_in(self, cookie_hash: str) -> SignIn | None:
        self._hold.insist(f"sign-in {cookie_hash}")
        return super().sign_in(cookie_hash)

    def _alone(self, *names: str) -> None:
        """For who writes without having read. Raises `Busy` where another replica is at one of these."""
        for name in names:
            if not self._hold(name):
                raise Busy("another replica is writing there")

    def _changed(self, *known: dict[Any, Any]) -> None:
        """What was known, or asked for ahead, is not so any more."""
        self._asked.clear()
        for each in known:
            each.clear()


def _of_booking(booking_id: str) -> str:
    return f"booking {booking_id}"


def _of_receipt(which: tuple[str, str]) -> str:
    return f"receipt {which[0]} {which[1]}"


def _of_works(when: tuple[str, Instant, Instant]) -> str:
    return f"works {when[0]}"


def _of_claim(claim: Claim) -> str:
    return f"{claim.kind} {claim.subject}"
