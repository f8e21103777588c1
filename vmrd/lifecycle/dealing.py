"""Who is seeing to what: "K. Shah is dealing with this", shown to every officer so that two do not run for one door.

It is a word, not a lock. It lapses after `Rules.dealing_lapses_after` unless the knock or alert is acknowledged before;
another officer may take it over, or do whatever is to be done, at any time; and the escalation of a knock does not wait
for it. So an officer who said it and then went home has hidden nothing.
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.session import Alert, Knock, Session
from vmrd.lifecycle.words import KnockState


def deal(draft: Draft, what: str, by: str) -> None:
    """An officer sees to this knock (its id) or alert (its key); what has been seen or is over needs nobody."""
    about = _open(draft.session).get(what)
    if about is not None and (about.dealing is None or about.dealing.by != by):
        draft.fact(f.DealingBegan(what, by, draft.now))


def settle(draft: Draft) -> None:
    """What nobody followed up is everybody's again."""
    for what, about in _open(draft.session).items():
        if about.dealing is not None and draft.reached(about.dealing.at + draft.rules.dealing_lapses_after):
            draft.fact(f.DealingLapsed(what))


def _open(session: Session) -> dict[str, Knock | Alert]:
    """Knocks and alerts nobody has acknowledged yet, by what they are called in a press."""
    alerts = {key: alert for key, alert in session.alerts.items() if alert.acknowledged_by is None}
    return alerts | {id_: knock for id_, knock in session.knocks.items() if knock.state is KnockState.RINGING}
