"""Drills in which whoever else vmrd talks to is away: booking systems, mail, sign-in."""

from __future__ import annotations

import asyncio

import aiohttp

from vmrd.demo import cast
from vmrd.demo.verify import Meeting, every, one_vmr
from vmrd.drill.drill import Drill, Look
from vmrd.drill.house import House
from vmrd.drill.looks import fell_silent
from vmrd.drill.platform import nothing
from vmrd.drill.scrape import above, grown
from vmrd.drill.setting import ADAPTER_SECRET, SEAL, Setting

_HOUR = 60 * 60.0
_LONG = aiohttp.ClientTimeout(total=60)
"""Each password that is tried costs a processor a moment, and only so many are tried at once."""
_RETRY = 5 * 60.0 + 10
"""Seconds after which whatever could not be delivered has been tried again."""


# --- callbacks and emails ---------------------------------------------------------------------------------------------


async def _callbacks_go_nowhere(house: House) -> None:
    await house.ear.shut()
    house.held["booked"] = officer = await house.book(cast.WAITING)
    await officer.until(lambda seen: seen.phase == "ready", 30.0)


async def _ear_opens(house: House) -> None:
    await house.ear.open()
    await house.pass_time(_RETRY)


async def _was_told_once(house: House) -> str | None:
    texts = [each.text for each in house.receiver.told]
    ready = [each for each in house.receiver.told if each.session == house.held["booked"].session]
    if not any(each.event == "session.ready" for each in ready):
        return "the booking system has not heard that the room is ready"
    return None if len(set(texts)) == len(texts) else "a callback came twice"


_HEARD: tuple[str, Look] = ("The booking system has heard all of it, each once", _was_told_once)
CALLBACKS_STUCK = Drill(
    name="callbacks-stuck",
    what="The booking system takes no callbacks for an hour",
    breaks=_callbacks_go_nowhere,
    lasts=lambda house: house.pass_time(_HOUR + 60),
    mends=_ear_opens,
    signs=(above("VmrdCallbacksStuck", "vmrd_outbox_oldest_seconds", 3600, lane="notify"),),
    healed=(_HEARD,),
    darkens=False,
)


async def _replay(house: House) -> None:
    await house.ear.open()
    await house.command("deliveries", "replay", "--all-failed")


def _ran_once(seen: Meeting) -> str | None:
    return "the meeting never ran, or ran twice" if len(seen.at("started")) != 1 else None


CALLBACKS_DEAD = Drill(
    name="callbacks-dead",
    what="The booking system takes no callbacks for more than a day",
    breaks=_callbacks_go_nowhere,
    lasts=lambda house: house.pass_time(25 * _HOUR),
    mends=_replay,
    signs=(above("VmrdDeadDeliveries", "vmrd_dead_deliveries", 0),),
    healed=(_HEARD, fell_silent("vmrd_dead_deliveries")),
    darkens=None,
    lit_again=False,
    meanwhile=_ran_once,
    after=every(_ran_once, one_vmr),
)


async def _mail_goes_nowhere(house: House) -> None:
    await house.others.mail.shut()
    await _book(house)


async def _book(house: House) -> None:
    house.held["letters"] = len(house.others.taken)
    await (await house.book(cast.WAITING)).until(lambda seen: seen.phase == "ready", 30.0)


async def _mail_opens(house: House) -> None:
    await house.others.mail.open()
    await house.pass_time(_RETRY)


async def _letter_came(house: House) -> str | None:
    letters = house.others.taken
    if len(letters) <= house.held["letters"]:
        return "the letter has not come"
    return None if len(set(letters)) == len(letters) else "a letter came twice"


MAIL_AWAY = Drill(
    name="mail-away",
    what="The mail server cannot be reached for an hour",
    breaks=_mail_goes_nowhere,
    lasts=lambda house: house.pass_time(_HOUR + 60),
    mends=_mail_opens,
    signs=(above("VmrdEmailsStuck", "vmrd_outbox_oldest_seconds", 3600, lane="mail"),),
    healed=(("Whoever booked has the joining instructions, once", _letter_came),),
    darkens=False,
)

# --- booking systems that are asked -----------------------------------------------------------------------------------


async def _ask_in_vain(house: House) -> None:
    await house.others.service.shut()
    for number in range(1, 14):
        await _tell_of(house, number)


async def _tell_of(house: House, number: int) -> int:
    """The queue forwards an event; the status it is answered with."""
    event = {
        "eventType": "book-a-video-link.video-booking.created",
        "additionalInformation": {"videoBookingId": number},
        "version": 1,
        "occurredAt": "2026-01-05T09:00:00Z",
    }
    headers = {"Authorization": f"Bearer {ADAPTER_SECRET}"}
    async with house.http.post(f"{house.api}/v1/adapters/bvls/events", json=event, headers=headers) as answer:
        return answer.status


async def _queue_is_worked_off(house: House) -> str | None:
    status = await _tell_of(house, 1)
    return None if status == 202 else f"an event of the queue is answered {status}"


BOOKING_SYSTEM_AWAY = Drill(
    name="booking-system-away",
    what="The booking system cannot be asked, and its queue goes on telling",
    breaks=_ask_in_vain,
    mends=lambda house: house.others.service.open(),
    signs=(grown("VmrdAdapterBehind", "vmrd_adapter_events_total", over=10, outcome="again"),),
    healed=(("The queue is worked off", _queue_is_worked_off),),
    darkens=False,
)

# --- signing in -------------------------------------------------------------------------------------------------------


async def _try_to_sign_in(house: House) -> None:
    await house.others.service.shut()
    for _ in range(4):
        await _leads_to(house)


async def _leads_to(house: House) -> str:
    """Where the button that signs in leads."""
    async with house.http.get(f"{house.api}/sign-in/oidc", allow_redirects=False) as answer:
        return answer.headers.get("Location", "")


async def _leads_there(house: House) -> str | None:
    where = await _leads_to(house)
    return None if where.startswith(f"{house.others.service.url}/authorize") else "signing in does not lead there"


async def _is_told(house: House) -> str | None:
    return None if (await _leads_to(house)).endswith("why=away") else "the sign-in page does not say so"


SIGN_IN_AWAY = Drill(
    name="sign-in-away",
    what="The sign-in service cannot be reached, and four people try",
    breaks=_try_to_sign_in,
    mends=lambda house: house.others.service.open(),
    signs=(grown("VmrdSignInServiceAway", "vmrd_sign_ins_total", over=2, by="oidc", outcome="away"),),
    sees=(("Whoever signs in is told that the service does not answer", _is_told),),
    healed=(("Signing in leads to the service again", _leads_there),),
    darkens=False,
    setting=Setting(sign_in="oidc"),
)


async def _break_the_seal(house: House) -> None:
    form = {"name": cast.SUPERVISOR, "password": SEAL}
    async with house.http.post(f"{house.api}/sign-in/emergency", data=form, allow_redirects=False):
        pass


EMERGENCY_ACCOUNT = Drill(
    name="emergency-account",
    what="Somebody breaks the seal of the emergency account",
    breaks=_break_the_seal,
    mends=lambda house: house.command("officer", "revoke", f"{cast.SUPERVISOR} (emergency account)"),
    signs=(above("VmrdEmergencyAccount", "vmrd_emergency_sign_ins", 0),),
    healed=(fell_silent("vmrd_emergency_sign_ins"),),
    darkens=False,
    setting=Setting(sign_in="oidc"),
)


async def _guess(house: House) -> None:
    await asyncio.gather(*(_try_password(house, f"guess {number}") for number in range(26)))


async def _try_password(house: House, name: str) -> None:
    async with house.http.post(f"{house.api}/sign-in", json={"name": name, "password": "wrong"}, timeout=_LONG):
        pass


PASSWORDS_TRIED = Drill(
    name="passwords-tried",
    what="Somebody tries passwords, each with another name",
    breaks=_guess,
    mends=nothing,
    signs=(grown("VmrdPasswordsTried", "vmrd_sign_ins_total", over=20, outcome="wrong", pace=4),),
    darkens=False,
)

DRILLS = (
    CALLBACKS_STUCK,
    CALLBACKS_DEAD,
    MAIL_AWAY,
    BOOKING_SYSTEM_AWAY,
    SIGN_IN_AWAY,
    EMERGENCY_ACCOUNT,
    PASSWORDS_TRIED,
)
