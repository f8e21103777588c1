"""Every consequence that holds now. Run after each input until nothing more follows; `WakeUp` is this alone.

Rules are level-triggered: each looks at the session as it stands and writes down what is missing, so a rule holds
whichever way its cause came about and however often it is run. A rule that waits for an instant asks
`Draft.reached`, which is also how `wake_at` knows when to come back.

| module       | phases                 | draws                                                                  |
|--------------|------------------------|------------------------------------------------------------------------|
| `preparing`  | planned … ready        | vmr made, replicated, watched; late; nobody came; opened elsewhere     |
| `opening`    | opening                | sweep, start, call the room                                            |
| `guard`      | opening … ending       | phones out, lock held, knocks, Hosts, breach, blind, lost room         |
| `reminders`  | open, private          | time warnings, lock and tick reminders, everyone left, end by the clock |
| `ending`     | ending … closed        | people out, room out last, vmr deleted, link dead, outcome, wiped      |
| `dealing`    | any                    | what an officer took on and did not follow up is everybody's again      |
| `room_works` | until over             | the room is out of use for works while it is booked                    |
| `letters`    | planned … ready, over  | whoever booked is reminded, and written to when what they know changes |
"""

from __future__ import annotations

from vmrd.lifecycle import dealing, ending, guard, letters, opening, preparing, reminders, room_works
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.tell import told

_ROUNDS = 20
"""More rounds than rules could ever need; past it they contradict each other, and that must be loud."""


def settle(draft: Draft) -> None:
    """Draw consequences until none is left, then tell the booking system of those it wants to know."""
    for _ in range(_ROUNDS):
        before = len(draft.facts)
        draft.wake.clear()
        preparing.settle(draft)
        letters.settle(draft)
        opening.settle(draft)
        guard.settle(draft)
        reminders.settle(draft)
        ending.settle(draft)
        room_works.settle(draft)
        dealing.settle(draft)
        if len(draft.facts) == before:
            draft.commands.extend(told(draft.session, draft.facts))
            return
    raise RuntimeError(f"the rules never settle in phase {draft.session.phase}")
