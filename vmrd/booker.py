"""The address of whoever booked: a secret of each session, known to everything else by a number.

It is 0 where nobody is written to, and grows with each other address, so that a session sees that there is a new one
without knowing any.
"""

from __future__ import annotations

from vmrd.secret_names import booker_address
from vmrd.store.base import Tx


def keep(tx: Tx, session_id: str, former: int, address: str | None) -> int:
    """Keep the address instead of the former one; the number it has from now on."""
    if address is None:
        tx.put_secret(session_id, booker_address(former), None)
        return 0
    told = address.encode()
    if former and tx.secret(session_id, booker_address(former)) == told:
        return former
    tx.put_secret(session_id, booker_address(former), None)
    tx.put_secret(session_id, booker_address(former + 1), told)
    return former + 1
