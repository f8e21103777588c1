"""The directory: which establishments vmrd runs, their rooms, and which documents identify people there.

Practitioners must know what ID a prison wants when they book (guidance, "check exactly what ID formats"), so the
profile can be read before a booking is made.
"""

from __future__ import annotations

from aiohttp import web

from vmrd.config import Config, EstablishmentConfig
from vmrd.directory.contacts import Contact, ranked
from vmrd.directory.entries import Entry
from vmrd.lifecycle.identity import IdProfile
from vmrd.web.dispatch import Incoming, answered
from vmrd.web.establishment_shapes import (
    ContactView,
    EstablishmentsView,
    EstablishmentView,
    HoursView,
    IdProfileView,
    RoomView,
)
from vmrd.web.problem import Problem


async def listed(incoming: Incoming) -> web.Response:
    """Every establishment the caller may see."""
    found = sorted(incoming.deps.config.establishments, key=lambda each: each.code)
    visible = (each for each in found if incoming.person.may_see(each.code))
    return answered(EstablishmentsView(establishments=tuple(_view(incoming, each) for each in visible)))


async def shown(incoming: Incoming) -> web.Response:
    """One establishment with its ID profile."""
    code = incoming.request.match_info["code"]
    for each in incoming.deps.config.establishments:
        if each.code == code and incoming.person.may_see(code):
            return answered(_view(incoming, each))
    raise Problem("not-found", "There is no such establishment.")


def entry_for(config: Config, code: str) -> Entry:
    """What the directory says of an establishment; its name alone where it is not listed."""
    name = next((each.name for each in config.establishments if each.code == code), code)
    return config.directory.by_code.get(code) or Entry(code=code, name=name)


def _view(incoming: Incoming, establishment: EstablishmentConfig) -> EstablishmentView:
    entry = entry_for(incoming.deps.config, establishment.code)
    escalation = incoming.deps.config.directory.escalation
    return EstablishmentView(
        code=establishment.code,
        name=establishment.name,
        telephone=establishment.telephone,
        operator=entry.operator,
        kinds=entry.kinds,
        vcc=entry.vcc,
        video=entry.video,
        contacts=tuple(_contact(each) for each in ranked(each.contact() for each in entry.contacts)),
        spoc=_contact(entry.spoc.contact()) if entry.spoc is not None else None,
        escalation=_contact(escalation.contact()) if escalation is not None else None,
        rooms=tuple(
            RoomView(
                key=room.key,
                name=room.name,
                can_be_called=room.address is not None,
                screen_share=room.screen_share,
            )
            for room in establishment.rooms
        ),
        hours=_hours(establishment),
        id_profile=_profile(incoming.deps.engine.rules(establishment.code).id_profile),
    )


def _hours(establishment: EstablishmentConfig) -> HoursView | None:
    hours = establishment.hours
    return HoursView.model_validate(hours.model_dump()) if hours is not None else None


def _contact(contact: Contact) -> ContactView:
    return ContactView(
        channel=contact.channel,
        value=contact.value,
        extension=contact.extension,
        hours=contact.hours,
        parties=contact.parties,
    )


def _profile(profile: IdProfile) -> IdProfileView:
    return IdProfileView(
        ways=tuple(sorted(tuple(sorted(way)) for way in profile.ways)),
        also=tuple(sorted(profile.also)),
        in_advance=profile.in_advance,
    )
