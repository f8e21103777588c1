"""An officer at work: presses over HTTP with a bearer token, and looks at what the screen would show.

Every press says which roster it was made for (`If-Match`), as the panel's presses do, and is made again on the new
picture when somebody came or went meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from vmrd import minting
from vmrd.demo.cast import Visitor

_LOOKS_EVERY = 0.03
_TRIES = 5


_LOOK_AGAIN = 3


class Refused(Exception):
    """vmrd refused the press; the text is the sentence the officer is shown."""


class NotShown(Exception):
    """The screen does not show what it must."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A person on the officer's screen."""

    id: str
    name: str
    kind: str
    where: str
    checked: bool
    video: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """What an officer sees of one session. `alerts` are keys, `blocked` codes, `allowed` presses.

    `expected`: name -> reference.
    """

    id: str
    etag: str
    alias: str
    phase: str
    lock: str
    secure: bool
    blocked: tuple[str, ...]
    prisoner_in: bool
    room: str | None
    link_dead: bool
    expected: Mapping[str, str]
    people: tuple[Seen, ...]
    would_enter: tuple[str, ...]
    ringing: tuple[str, ...]
    alerts: tuple[str, ...]
    allowed: tuple[str, ...]

    def person(self, name: str) -> Seen | None:
        """The newest connection of somebody who calls themselves so and has not left."""
        found = [person for person in self.people if person.name == name and person.where != "left"]
        return found[-1] if found else None

    def summary(self) -> str:
        """Phase, lock, and why the light is dark, for whoever waited in vain."""
        return f"{self.phase}, {self.lock}, {'SECURE' if self.secure else ', '.join(self.blocked) or 'dark'}"

    def checked(self, name: str) -> bool:
        """Whether the ID of somebody inside was checked."""
        person = self.person(name)
        return person is not None and person.where == "inside" and person.checked


def screen(view: Mapping[str, Any]) -> Screen:
    """The screen drawn from a session view of the API."""
    return Screen(
        id=view["id"],
        etag=view["etag"],
        alias=view["vmr"]["alias"],
        phase=view["phase"],
        lock=view["lock"]["state"],
        secure=view["secure"],
        blocked=tuple(view["secureBlockedBy"]),
        prisoner_in=view["prisoner"]["in"],
        room=view["endpoint"]["participant"],
        link_dead=view["linkDeadAt"] is not None,
        expected={each["name"]: each["ref"] for each in view["expected"]},
        people=tuple(
            Seen(each["id"], each["name"] or "", each["kind"], each["where"], each["checked"], each["hasVideo"])
            for each in view["participants"]
        ),
        would_enter=tuple(each["name"] for each in view["wouldEnter"]),
        ringing=tuple(each["name"] for each in view["knocks"] if each["state"] == "ringing"),
        alerts=tuple(each["key"] for each in view["alerts"]),
        allowed=tuple(view["allowed"]),
    )


@dataclass(frozen=True, slots=True)
class Officer:
    """`api` is vmrd's base URL. One officer looks after one session: `session` is its id."""

    http: aiohttp.ClientSession
    api: str
    token: str
    session: str

    async def look(self) -> Screen:
        """The session as it stands."""
        async with self.http.get(self._url(), headers=self._headers()) as answer:
            answer.raise_for_status()
            return screen(await answer.json())

    async def until(self, shows: Callable[[Screen], bool], within: float = 10.0) -> Screen:
        """Look until the screen shows it. Raises `NotShown` when it does not within so many seconds."""
        seen: Screen | None = None
        try:
            async with asyncio.timeout(within):
                while True:
                    seen = await self.look()
                    if shows(seen):
                        return seen
                    await asyncio.sleep(_LOOKS_EVERY)
        except TimeoutError:
            what = "nothing" if seen is None else seen.summary()
            raise NotShown(f"after {within:.0f} s the screen shows {what}") from None

    async def press(self, action: str, **said: object) -> Screen:
        """Press a button and see what the screen says then. Raises `Refused`."""
        key = minting.session_id()
        for _ in range(_TRIES):
            headers = {**self._headers(), "Idempotency-Key": key, "If-Match": (await self.look()).etag}
            async with self.http.post(f"{self._url()}/{action}", json=said, headers=headers) as answer:
                body = await answer.json()
                if answer.status == 412:
                    continue
                if answer.status == 409:
                    raise Refused(body["detail"])
                if answer.status != 202:
                    raise NotShown(f"{action} was answered {answer.status}: {body.get('detail', '')}")
                return screen(body)
        raise NotShown(f"the roster changed {_TRIES} times while {action} was pressed")

    async def press_on(self, action: str, name: str, **said: object) -> Screen:
        """Press a button beside somebody's name, once they are on the screen."""
        shown = await self.until(lambda seen: seen.person(name) is not None)
        person = shown.person(name)
        assert person is not None
        return await self.press(action, participant=person.id, **said)

    async def check(self, name: str, documents: Sequence[str], *, practitioner_word: bool) -> Screen:
        """Look at somebody's documents on the room's screen and say which they were."""
        shown = await self.until(
            lambda seen: (person := seen.person(name)) is not None and person.video and person.where == "inside"
        )
        return await self.press_on(
            "check",
            name,
            attendee=shown.expected[name],
            documents=list(documents),
            practitionerWord=practitioner_word,
        )

    async def bring_in(self) -> None:
        """Fetch the prisoner while SECURE is lit, remind everybody of the end, leave the room (guidance, step 7).

        A late word of an event sink, or a read that is not back yet, may darken the light in the very moment of the
        press: look again, as a person would. Raises `Refused` when that goes on, `NotShown` when it stays dark.
        """
        for more in range(_LOOK_AGAIN, -1, -1):
            await self.until(lambda seen: seen.secure)
            try:
                await self.press("prisoner-in")
                break
            except Refused:
                if not more:
                    raise
        await self.press("reminder-given")
        await self.press("officer-left")

    async def make_private(self, guest: Visitor) -> None:
        """Open to the one who waits, check who they are, lock, and fetch the prisoner."""
        await self.until(lambda seen: guest.name in seen.would_enter)
        await self.press("open")
        await self.until(lambda seen: seen.phase == "open")
        await self.check(guest.name, guest.documents, practitioner_word=guest.needs_word)
        await self.press("lock")
        await self.bring_in()

    def _url(self) -> str:
        return f"{self.api}/v1/sessions/{self.session}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}
