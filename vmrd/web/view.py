"""The session view, built from the session and what surrounds it. Pure: everything that varies is an argument.

A view is a picture of one instant. Freshness of our eyes comes in as seconds left and goes out as `secureUntil`, so
that every screen goes dark by itself when nobody tells it otherwise. What moves without a commit is `view_moving`'s.
"""

from __future__ import annotations

from typing import Literal

from vmrd.clock import as_text
from vmrd.lifecycle.allowed import actions
from vmrd.lifecycle.desk import FLAGS
from vmrd.lifecycle.forwarding import Forwarding
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.secure import WORDS, Light, Reason, light
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, Instant, Phase
from vmrd.secret_names import BACKGROUND, PRISONER_NAME
from vmrd.web import sentences
from vmrd.web import view_people as people
from vmrd.web import view_shapes as v
from vmrd.web.around import Around, Place
from vmrd.web.view_moving import moving


def session_view(session: Session, around: Around) -> v.SessionView:
    """The view of a session at `around.now`."""
    fresh = around.fresh_for > 0 and around.faulty_since is None
    lit = light(session, around.rules, fresh=fresh)
    alike = people.alike(session, around)
    moved = moving(session, around, secure=lit.secure)
    return v.SessionView(
        id=session.id,
        booking_id=session.booking_id,
        segment=session.segment,
        purpose=session.purpose,
        establishment=session.establishment,
        establishment_name=around.place.establishment_name,
        room=session.room,
        room_name=around.place.room_name,
        phase=session.phase,
        reason=session.reason,
        control=session.control,
        starts_at=as_text(session.starts_at),
        ends_at=as_text(session.ends_at),
        booked_end=as_text(session.booked_end),
        opened_at=_moment(session.opened_at),
        ended_at=_moment(session.ended_at),
        link_dead_at=_moment(session.link_dead_at),
        version=session.version,
        roster_version=session.roster_version,
        etag=etag(session),
        as_of=moved.as_of,
        lock=v.LockView(
            state=session.lock.state,
            requested_at=_moment(session.lock.requested_at),
            confirmed_at=_moment(session.lock.confirmed_at),
        ),
        secure=lit.secure,
        secure_until=moved.secure_until,
        secure_blocked_by=tuple(dict.fromkeys(reason.code for reason in lit.reasons)),
        secure_reasons=tuple(_reason(session, around, reason) for reason in lit.reasons),
        dark_because=_because(lit),
        evidence=moved.evidence,
        vmr=_vmr(session, around.place),
        endpoint=_endpoint(session),
        prisoner=v.PrisonerView(
            number=around.personal.get(session.prisoner_ref),
            name_available=PRISONER_NAME in around.hidden,
            inside=session.prisoner.inside,
            since=_moment(session.prisoner.since),
            by=session.prisoner.by,
        ),
        paused_by=session.paused_by,
        observation=session.observation,
        screen_share_declared=session.screen_share_declared,
        screen_share_from_next=around.rules.presenting_stopped and session.share_unlike_its_beginning,
        share_announced_by=session.share_announced_by,
        needs_approval=session.needs_approval,
        flags=tuple(v.FlagView(code=code, text=FLAGS.get(code, code)) for code in session.flags),
        background_available=BACKGROUND in around.hidden,
        link_forwarding=_forwarding(session.forwarding),
        evidence_outstanding=people.evidence_outstanding(session, around),
        ticks=v.TicksView(
            end_reminder_given=session.ticks.reminder_given,
            officer_left=session.ticks.officer_left,
        ),
        opening=_opening(session),
        expected=people.expected(session, around),
        participants=people.participants(session, around, alike),
        would_enter=people.would_enter(session, around, alike),
        removals_outstanding=people.removals(session, around),
        asked=moved.asked,
        knocks=tuple(people.knock_view(session, around, knock, alike) for knock in session.knocks.values()),
        alerts=_alerts(session, around),
        clocks=moved.clocks,
        eyes=moved.eyes,
        allowed=actions(session, around.now, around.rules, around.room_busy_with),
        lost_to=_lost(session),
        outcome=_outcome(session),
    )


def etag(session: Session) -> str:
    """`version-rosterVersion`: what an answer is tagged with, and what a press says it was made for."""
    return f"{session.version}-{session.roster_version}"


def join_link(web_join: str, alias: str, domain: str) -> str:
    """The browser link of a vmr. It carries no PIN: who follows it enters as a guest."""
    return web_join.replace("{alias}", f"{alias}@{domain}")


def _moment(instant: Instant | None) -> str | None:
    return as_text(instant) if instant is not None else None


def _because(lit: Light) -> Literal["breach", "blind"] | None:
    return None if lit.because is None else lit.because.value


def _reason(session: Session, around: Around, reason: Reason) -> v.ReasonView:
    text = WORDS[reason.code].format(who=people.who(session, around, reason.about))
    return v.ReasonView(code=reason.code, text=text, about=reason.about)


def _vmr(session: Session, place: Place) -> v.VmrView:
    answering, nodes = session.nodes_ready
    return v.VmrView(
        alias=session.alias,
        uri=f"{session.alias}@{place.domain}",
        browser_link=join_link(place.web_join, session.alias, place.domain),
        dialable=session.phase in (Phase.READY, *LIVE, Phase.ENDING) and answering == nodes > 0,
        generation=session.generation,
        nodes_ready=answering,
        nodes=nodes,
    )


def _endpoint(session: Session) -> v.EndpointView:
    state: Literal["none", "calling", "inside", "lost"]
    if session.endpoint_inside:
        state = "inside"
    elif "room" in session.asks:
        state = "calling"
    else:
        state = "lost" if session.endpoint.lost_at is not None else "none"
    return v.EndpointView(
        state=state,
        participant=session.endpoint.leg,
        claimed_by=session.endpoint.claimed_by,
        lost_at=_moment(session.endpoint.lost_at),
        can_be_called=session.room_address is not None,
    )


def _opening(session: Session) -> v.OpeningView | None:
    opening = session.opening
    if opening is None:
        return None
    started = session.meeting.started_at if session.meeting is not None else None
    return v.OpeningView(step=opening.step, asked_at=as_text(opening.asked_at), by=opening.by, since=_moment(started))


def _alerts(session: Session, around: Around) -> tuple[v.AlertView, ...]:
    alerts = [
        v.AlertView(
            key=alert.key,
            code=alert.code,
            about=alert.about,
            text=sentences.alert_text(alert, people.who(session, around, alert.about), session.lock.drifted),
            since=as_text(alert.since),
            acknowledged_by=alert.acknowledged_by,
            dealing=people.dealing(alert, around),
        )
        for alert in session.alerts.values()
    ]
    if around.faulty_since is not None:
        alerts.append(
            v.AlertView(
                key=sentences.FAULT,
                code=sentences.FAULT,
                about=None,
                text=sentences.FAULT_TEXT,
                since=as_text(around.faulty_since),
                acknowledged_by=None,
                dealing=None,
            )
        )
    return tuple(alerts)


def _lost(session: Session) -> v.LostView:
    opened, locked = session.opened_at, session.first_locked_at
    return v.LostView(
        late_open=max(0, opened - session.starts_at) // MINUTE if opened is not None else 0,
        id_check=max(0, locked - opened) // MINUTE if opened is not None and locked is not None else 0,
    )


def _forwarding(said: Forwarding | None) -> v.ForwardingView | None:
    if said is None:
        return None
    to = tuple(v.ForwardedView(role=role, count=count) for role, count in said.to)
    return v.ForwardingView(allowed=said.allowed, to=to)


def _outcome(session: Session) -> v.OutcomeView | None:
    outcome = session.outcome
    if outcome is None:
        return None
    return v.OutcomeView(
        result=outcome.result,
        prisoner_attended=outcome.prisoner_attended,
        attended=outcome.attended,
        confirmed_by=outcome.confirmed_by,
    )
