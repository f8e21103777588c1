"""The floor: who is held, who is in, and what becomes of a conference when they come and go.

Clocks on business time, all cancelled by what they wait for:

| clock | starts when | when it runs out |
|---|---|---|
| waiting | a leg is held, for whichever reason | that leg is dropped |
| guests only | a started conference has no Host with media (any more) | its Guests are dropped, it is not started |
| last one | one leg is left of several (off by default) | that leg is dropped |
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from pexip_mock.ground import Ground, What
from pexip_mock.meetings import Conference, Flags, can_live_on, is_hosted, must_hold, must_mute
from pexip_mock.news import News
from pexip_mock.people import Leg, Role, Service, Where
from pexip_mock.vmrs import Vmr

WAITED_TOO_LONG = "Timeout waiting for conference host to join or permit access to locked conference"
HOSTS_DEPARTED = "All conference hosts departed hosted conference"
NOBODY_KEEPS_ALIVE = "No participants can keep conference alive"
ENDED_BY_ADMIN = "Conference terminated by an administrator"
LAST_ONE = "Last remaining participant removed from conference after timeout"


class Floor:
    """All running conferences by name, and all live legs by UUID."""

    def __init__(self, ground: Ground, news: News) -> None:
        self._ground = ground
        self._news = news
        self.on_left: Callable[[Leg], None] = lambda _leg: None
        self.on_opened: Callable[[Conference], None] = lambda _conference: None
        self.running: dict[str, Conference] = {}
        self.by_uuid: dict[str, Conference] = {}
        self.ended: deque[Conference] = deque()
        self.legs: dict[str, Leg] = {}

    def conference_of(self, vmr: Vmr) -> Conference:
        """The running instance of this VMR, or a new one: unlocked, not started, with a new UUID."""
        conference = self.running.get(vmr.name)
        if conference is None:
            ground = self._ground
            flags = Flags(
                locked=vmr.locked_at_birth,
                guests_muted=vmr.mute_all_guests,
                guests_can_present=vmr.guests_can_present,
            )
            conference = Conference(ground.uuid(), vmr, ground.clock.business, flags)
            self.running[vmr.name] = conference
            self.by_uuid[conference.uuid] = conference
            ground.record(What.CONFERENCE_BORN, conference=conference.uuid, name=vmr.name)
        return conference

    def arrive(self, leg: Leg) -> None:
        """A leg appears; one that neither rings nor is at the PIN screen is held or let in at once."""
        conference = leg.conference
        conference.legs[leg.uuid] = conference.live[leg.uuid] = leg
        conference.most_at_once = max(conference.most_at_once, len(conference.live))
        self.legs[leg.uuid] = leg
        self._note(What.DIALLED_OUT if leg.shown.outbound else What.DIALLED, leg, leg.kind.value)
        held = False
        if leg.shown.service not in (Service.CONNECTING, Service.IVR):
            held = self._holds_newcomer(conference, leg)
            service = Service.WAITING_ROOM if held else Service.CONFERENCE
            muted = must_mute(conference, leg)
            leg.shown = replace(leg.shown, service=service, role=self._shown_role(leg, held), muted=muted)
        self._news.joined(leg)
        if held:
            self._start_waiting(leg)
        elif leg.shown.service is Service.CONFERENCE:
            self._came_in(leg)
        if leg.shown.service is not Service.IVR:
            self._open(conference, started=False)
        self.review(conference)

    def settle(self, leg: Leg, **shown: object) -> None:
        """A leg got past the PIN screen or answered (`shown`): it is held or let in by the rules of the moment."""
        if leg.ivr_timer is not None:
            leg.ivr_timer.cancel()
        shown["muted"] = must_mute(leg.conference, leg)
        if self._holds_newcomer(leg.conference, leg):
            self.change(leg, service=Service.WAITING_ROOM, role=self._shown_role(leg, held=True), **shown)
            self._start_waiting(leg)
        else:
            self.enter(leg, **shown)
        self._open(leg.conference, started=False)

    def enter(self, leg: Leg, **shown: object) -> None:
        """Let a leg in, whatever the rules say of others."""
        if leg.waiting_timer is not None:
            leg.waiting_timer.cancel()
        self.change(leg, service=Service.CONFERENCE, role=leg.role, **shown)
        if leg.entered_at is not None:  # sent back to the door before
            self._note(What.ENTERED, leg)
        self._came_in(leg)
        self.review(leg.conference)

    def reconsider(self, leg: Leg) -> None:
        """A leg's role changed: one held may come in by it, and a new Host inside starts the conference."""
        if leg.shown.service is Service.WAITING_ROOM:
            if self._ground.knobs.promotion_starts and not must_hold(leg.conference, leg):
                self.enter(leg)
        elif leg.hosts:
            self.start(leg.conference)
        self.review(leg.conference)

    def media_up(self, leg: Leg, **shown: object) -> None:
        """A web caller's media is up: the roster entry changes, and a Host inside now starts the conference."""
        was = leg.where
        leg.awaiting_media = False
        self.change(leg, has_media=True, **shown)
        if was is Where.ARRIVING and leg.shown.service is Service.WAITING_ROOM:
            self._note(What.HELD, leg)
        if leg.shown.service is Service.CONFERENCE:
            self._came_in(leg)
        self.review(leg.conference)

    def send_back(self, leg: Leg) -> None:
        """Somebody inside is put back before the door, where a clock starts anew; without effect for anybody else."""
        if leg.shown.service is Service.CONFERENCE:
            leg.admitted_alone = False
            self.change(leg, service=Service.WAITING_ROOM, role=self._shown_role(leg, held=True))
            self._start_waiting(leg)
            self.review(leg.conference)

    def vmr_learned(self, vmr_id: int, content: Vmr | None) -> None:
        """A node learned of a change of this VMR; whether that reaches what runs is an assumption."""
        knobs = self._ground.knobs
        if not (knobs.vmr_delete_ends_running if content is None else knobs.vmr_change_reaches_running):
            return
        for conference in [one for one in self.running.values() if one.vmr.id == vmr_id]:
            if content is None:
                self.end(conference, ENDED_BY_ADMIN)
            else:
                conference.vmr = replace(content, name=conference.vmr.name)

    def change(self, leg: Leg, **shown: object) -> None:
        """Change a roster entry and tell everybody."""
        leg.shown = replace(leg.shown, **shown)  # type: ignore[arg-type]  # names and types are Participant's own
        self._news.changed(leg)

    def start(self, conference: Conference) -> None:
        """The conference is hosted from now on; those held for that reason come in, unless it is locked."""
        if conference.flags.started:
            return
        conference.started_at = self._ground.clock.business
        self.set_flags(conference, replace(conference.flags, started=True))
        self._ground.record(What.STARTED, conference=conference.uuid, name=conference.name)
        self._open(conference, started=True)
        if not (conference.flags.locked and self._ground.knobs.lock_before_start_holds):
            self._admit_all(conference)

    def lock(self, conference: Conference, locked: bool) -> None:
        """Lock or unlock; unlocking a started conference lets everybody in. Repeating changes nothing."""
        if conference.flags.locked is locked:
            return
        knobs, told_first = self._ground.knobs, locked or self._ground.knobs.unlock_flags_first
        conference.flags = replace(conference.flags, locked=locked)
        if told_first:
            self._news.flags_changed(conference)
        self._ground.record(What.LOCKED if locked else What.UNLOCKED, conference=conference.uuid, name=conference.name)
        if not locked:
            self._admit_all(conference)
        if not told_first:
            self._ground.soon(knobs.admission_delay_max_s, lambda: self._news.flags_changed(conference))

    def admit(self, leg: Leg) -> None:
        """Let one held leg in; without effect for one not held, or where nothing but a Host is waited for."""
        flags, knobs = leg.conference.flags, self._ground.knobs
        before_the_start = not knobs.admit_needs_start if flags.locked else knobs.admit_works_unstarted
        if flags.started or before_the_start:
            leg.admitted_alone = True
            self._let_in(leg)

    def set_flags(self, conference: Conference, flags: Flags) -> None:
        """Change the conference's own state and tell everybody."""
        conference.flags = flags
        self._news.flags_changed(conference)

    def drop(self, leg: Leg, reason: str) -> None:
        """A leg is gone; safe to repeat."""
        if leg.left_at is not None:
            return
        leg.left_at, leg.reason = self._ground.clock.business, reason
        for timer in (leg.waiting_timer, leg.ivr_timer):
            if timer is not None:
                timer.cancel()
        del leg.conference.live[leg.uuid]
        del self.legs[leg.uuid]
        self.on_left(leg)
        self._note(What.LEFT, leg, reason)
        self._news.left(leg)
        if leg.conference.live and not leg.conference.ending and not can_live_on(leg.conference):
            self.end(leg.conference, NOBODY_KEEPS_ALIVE)
        self.review(leg.conference)

    def end(self, conference: Conference, reason: str) -> None:
        """Everybody is sent home, and the instance is gone."""
        conference.ending = True
        for leg in list(conference.live.values()):
            self.drop(leg, reason)

    def review(self, conference: Conference) -> None:
        """Look at the clocks after somebody came, went or changed."""
        if conference.ended_at is not None:
            return
        if not conference.live:
            self._gone(conference)
        elif not conference.ending:
            self._review_hosts(conference)
            self._review_backstop(conference)

    def _open(self, conference: Conference, *, started: bool) -> None:
        """Once in its life a conference calls whom it calls by itself: with its first leg, or when a Host starts it."""
        due = started or not self._ground.knobs.automatic_calls_wait_for_host
        if due and not conference.opened and conference.ended_at is None:
            conference.opened = True
            self.on_opened(conference)

    def _came_in(self, leg: Leg) -> None:
        if leg.where is Where.INSIDE and leg.entered_at is None:
            leg.entered_at = self._ground.clock.business
            self._note(What.ENTERED, leg)
        if leg.hosts:
            self.start(leg.conference)

    def _start_waiting(self, leg: Leg) -> None:
        leg.waiting_timer = self._ground.clock.after_business(
            self._ground.knobs.waiting_for_chair_timeout, lambda: self.drop(leg, WAITED_TOO_LONG)
        )
        if leg.where is Where.WAITING:
            self._note(What.HELD, leg)

    def _admit_all(self, conference: Conference) -> None:
        for leg in list(conference.live.values()):
            if not must_hold(conference, leg) or conference.flags.started:
                self._let_in(leg)

    def _let_in(self, leg: Leg) -> None:
        if leg.shown.service is Service.WAITING_ROOM and not leg.admitting:
            leg.admitting = True
            delay = self._ground.rng.uniform(0, self._ground.knobs.admission_delay_max_s)
            self._ground.soon(delay, lambda: self._complete_admission(leg))

    def _complete_admission(self, leg: Leg) -> None:
        leg.admitting = False
        if leg.left_at is not None or leg.shown.service is not Service.WAITING_ROOM:
            return
        granted = leg.admitted_alone or self._ground.knobs.admission_survives_relock
        if granted or not must_hold(leg.conference, leg):
            self.enter(leg)

    def _holds_newcomer(self, conference: Conference, leg: Leg) -> bool:
        """Whether one who comes to the door now is held; the Host may have left a moment ago."""
        left_alone = conference.guests_only is not None and not self._ground.knobs.newcomer_in_grace_enters
        return must_hold(conference, leg) or (left_alone and leg.role is not Role.CHAIR)

    def _shown_role(self, leg: Leg, held: bool) -> Role:
        return Role.UNKNOWN if held and self._ground.knobs.waiting_role_unknown else leg.role

    def _gone(self, conference: Conference) -> None:
        for timer in (conference.guests_only, conference.backstop):
            if timer is not None:
                timer.cancel()
        conference.ended_at = self._ground.clock.business
        del self.running[conference.name]
        del self.by_uuid[conference.uuid]
        self._ground.keep(self.ended, conference)
        self._ground.record(What.ENDED, conference=conference.uuid, name=conference.name)
        self._news.ended(conference)

    def _review_hosts(self, conference: Conference) -> None:
        knobs = self._ground.knobs
        hosted = is_hosted(conference, knobs.control_host_keeps_alive)
        conference.was_hosted = conference.was_hosted or hosted
        if not conference.flags.started or hosted:
            if conference.guests_only is not None:
                conference.guests_only.cancel()
                conference.guests_only = None
                if hosted and not (conference.flags.locked or knobs.newcomer_in_grace_enters):
                    self._admit_all(conference)  # some may have been held for want of the Host who is back
        elif conference.guests_only is None and (conference.was_hosted or knobs.guests_only_clock_from_start):
            conference.guests_only = self._ground.clock.after_business(
                knobs.guests_only_timeout, lambda: self._hosts_departed(conference)
            )

    def _hosts_departed(self, conference: Conference) -> None:
        conference.guests_only = None
        if self._ground.knobs.hosts_departed_unstarts:
            self.set_flags(conference, replace(conference.flags, started=False))
        for leg in list(conference.live.values()):
            if leg.shown.service is Service.CONFERENCE and leg.role is not Role.CHAIR:
                self.drop(leg, HOSTS_DEPARTED)

    def _review_backstop(self, conference: Conference) -> None:
        limit = self._ground.knobs.eject_last_participant_backstop_timeout
        alone = limit > 0 and len(conference.live) == 1 and conference.most_at_once > 1
        if not alone and conference.backstop is not None:
            conference.backstop.cancel()
            conference.backstop = None
        elif alone and conference.backstop is None:
            (last,) = conference.live.values()
            conference.backstop = self._ground.clock.after_business(limit, lambda: self.drop(last, LAST_ONE))

    def _note(self, what: What, leg: Leg, detail: str = "") -> None:
        conference = leg.conference
        self._ground.record(what, conference=conference.uuid, name=conference.name, participant=leg.uuid, detail=detail)
