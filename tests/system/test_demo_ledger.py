"""What judges the booking story: each check says what is not so, whatever vmrd would like to have said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vmrd.demo import ledger
from vmrd.demo import verify as v
from vmrd.demo.clerk import Exchange
from vmrd.demo.ledger import Ledger
from vmrd.demo.receiver import Told

Json = dict[str, Any]
HERE, ELSEWHERE = (f"https://join.example.org/{alias}@meet.example.org" for alias in ("one", "two"))


def exchange(number: int = 1, status: int = 202, *, event: str = "e1", **answer: object) -> Exchange:
    said = {"source": {"system": "office"}, "eventId": event, "booking": {"id": f"office:{number}"}}
    return Exchange("office", said, status, json.dumps(answer))


def taken(
    number: int = 1, link: str | None = "https://join.example.org/one@meet.example.org", **more: object
) -> Exchange:
    session = {"segmentKey": "main", "sessionId": f"s{number}", "link": link}
    return exchange(number, result="accepted", sessionIds=[session], **more)


def refused(number: int, *alternatives: object) -> Exchange:
    return exchange(number, 409, type="/problems/claimed", alternatives=list(alternatives))


def callback(event: str, number: int = 1, **more: object) -> Told:
    return Told(event, f"office:{number}", f"s{number}", json.dumps({"event": event, **more}))


def vmr(alias: str = "one", *, deleted: bool = False) -> Json:
    answers = {"node": not deleted}
    return {"name": alias, "tag": alias, "deleted": deleted, "dialable": answers, "aliases": [f"{alias}@example.org"]}


def seen(*exchanges: Exchange, told: tuple[Told, ...] = (), vmrs: tuple[Json, ...] = (), unsigned: int = 0) -> Ledger:
    pexip = {"vmrs": list(vmrs), "conferences": [], "history": [], "businessMs": 0}
    return Ledger(exchanges, told, unsigned, pexip)


def slots(index: int, *skipped: str) -> Json:
    return {"chosenSlot": {"index": index, "skipped": [{"index": i, "reason": r} for i, r in enumerate(skipped)]}}


ONE = "office:1"
CHOSE = ledger.chose(ONE, 2, "taken", "works")
WINS = ledger.one_winner(ONE, "office:2")
LINK = ledger.told_the_link(ONE)


@pytest.mark.parametrize(
    ("check", "found", "why"),
    [
        (ledger.nothing_else, seen(taken(), vmrs=(vmr(),)), None),
        (ledger.nothing_else, seen(taken(), vmrs=(vmr(), vmr("stray"))), "1 rooms stand in Pexip"),
        (ledger.nothing_else, seen(taken(), vmrs=(vmr(), vmr("stray", deleted=True))), None),
        (ledger.nothing_else, seen(unsigned=1), "not signed"),
        (ledger.answered(ONE, 202), seen(), "nothing was said"),
        (ledger.answered(ONE, 202), seen(taken(), refused(1)), "answered 409"),
        (ledger.answered(ONE, 202, notApplied=[]), seen(taken(notApplied=["room"])), "something else of notApplied"),
        (CHOSE, seen(taken(**slots(2, "taken", "works"))), None),
        (CHOSE, seen(taken(**slots(1, "taken"))), "into slot 2"),
        (CHOSE, seen(taken(**slots(2, "works", "taken"))), "works, taken"),
        (CHOSE, seen(taken(**slots(2))), "nothing"),
        (ledger.offers_instead(ONE), seen(refused(1, "later")), None),
        (ledger.offers_instead(ONE), seen(refused(1)), "no free time"),
        (WINS, seen(taken(), refused(2, "later"), vmrs=(vmr(),)), None),
        (WINS, seen(taken(), refused(2, "later")), "there is no room"),
        (WINS, seen(taken(), refused(2)), "no free time"),
        (WINS, seen(taken(), taken(2)), "2 of them were taken"),
        (WINS, seen(refused(1), refused(2)), "0 of them were taken"),
        (WINS, seen(taken()), "not all of them"),
        (ledger.same_session(ONE), seen(taken(), taken(link=None)), None),
        (ledger.same_session(ONE), seen(taken(), taken(link=ELSEWHERE)), "another link"),
        (ledger.same_session(ONE), seen(taken(), exchange(sessionIds=[{"sessionId": "s9"}])), "another session"),
        (ledger.repeated(ONE), seen(taken(), taken()), None),
        (ledger.repeated(ONE), seen(taken(), exchange(event="e2")), "not sent again"),
        (ledger.repeated(ONE), seen(taken(), exchange()), "two answers"),
        (ledger.told("session.cancelled", ONE), seen(told=(callback("session.cancelled"),)), None),
        (ledger.told("session.cancelled", ONE), seen(told=(callback("session.cancelled"),) * 2), "told 2 times"),
        (ledger.told("session.cancelled", ONE), seen(told=(callback("session.cancelled", 2),)), "told 0 times"),
        (
            LINK,
            seen(taken(), told=(callback("session.ready", link=HERE),)),
            None,
        ),
        (LINK, seen(taken(), told=(callback("session.ready", link=ELSEWHERE),)), "the link of the answer"),
        (ledger.shows(ONE, v.deleted), seen(taken(), vmrs=(vmr(deleted=True),)), None),
        (ledger.shows(ONE, v.deleted), seen(taken(), vmrs=(vmr(),)), "still stands"),
        (ledger.not_made(ONE), seen(taken()), None),
        (ledger.not_made(ONE), seen(taken(), vmrs=(vmr(),)), "a room for office:1 already"),
    ],
)
def test_a_check_says_what_is_not_so(check: ledger.Check, found: Ledger, why: str | None) -> None:
    said = check(found)
    if why is None:
        assert said is None
    else:
        assert said is not None
        assert why in said
