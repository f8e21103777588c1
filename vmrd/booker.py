"""The address of whoever booked: a secret of each session, known to everything else by a number.

It is 0 where nobody is written to, and another one for each other address, so that a session sees that there is a new
one without knowing any.
"""

from __future__ import annotations

from vmrd.lifecycle.session import Session
from vmrd.secret_names import booker_address
from vmrd.store.base import Tx


def keep(tx: Tx, session_id: str, session: Session | None, address: str | None) -> int:
    """Keep the address instead of the one `session` has, if any; the number it has from now on."""
    former = session.booker if session is not None else 0
    told = address.encode() if address is not None else None
    if former and tx.secret(session_id, booker_address(former)) == told:
        return former
    if former:
        tx.put_secret(session_id, booker_address(former), None)
    if told is None:
        return 0
    written = session.written.booker if session is not None and session.written is not None else 0
    number = max(former, written) + 1
    tx.put_secret(session_id, booker_address(number), told)
    return number
