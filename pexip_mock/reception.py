"""Virtual Receptions: a service that asks whoever calls for the number of the VMR they want.

A browser is asked by a refusal, and calls again with what was typed as its `conference_extension`. What was typed is
dialled as it is; the rewriting of numbers that a reception may be given is not done.
"""

from pexip_mock.refusal import ExtensionChallenge, Refusal
from pexip_mock.vmrs import Vmr

RECEPTION = "two_stage_dialing"


def typed_at(reception: Vmr, extension: str) -> str:
    """The alias that was typed at this reception. Raises Refusal 403 where none was, which asks for it."""
    if not extension:
        kind = "mssip" if dict(reception.others).get("two_stage_dial_type") == "mssip" else "standard"
        raise Refusal(403, ExtensionChallenge(kind))
    return extension
