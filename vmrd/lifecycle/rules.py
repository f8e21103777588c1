"""What an establishment may set, and what the platform is known to do. All durations are milliseconds.

The platform's own timers (`guests_only`, `waiting_for_host`, `replication`) are Pexip's defaults; a platform that
sets others is told here, because the clocks on the officer's screen count them down.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.inputs import Protocol
from vmrd.lifecycle.words import Purpose

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of one establishment. Names say what begins or ends when the duration has passed."""

    prepare_before: int = 24 * HOUR
    open_before: int = 15 * MINUTE
    probe_after: int = 60 * SECOND
    probe_every: int = 15 * SECOND
    fail_preparing_after: int = 15 * MINUTE
    late_open_after: int = 5 * MINUTE
    opening_slow_after: int = 45 * SECOND
    sweep_slow_after: int = 10 * SECOND
    lock_reminder_after: int = 5 * MINUTE
    unconfirmed_after: int = 3 * SECOND
    tick_reminder_after: int = 2 * MINUTE
    knock_escalates_after: int = 60 * SECOND
    dealing_lapses_after: int = 30 * SECOND
    override_lapses_after: int = 5 * MINUTE
    blind_alarm_after: int = 15 * SECOND
    empty_twice_apart: int = 5 * SECOND
    guests_out_within: int = 5 * SECOND
    end_grace: int = 5 * MINUTE
    warn_minutes: tuple[int, ...] = (10, 5, 1)
    retry_after: int = 2 * SECOND
    retry_at_most: int = 30 * SECOND
    retry_safety_at_most: int = 5 * SECOND
    command_ttl: int = 60 * SECOND
    eyes_fresh_for: int = 8 * SECOND
    replication: int = 90 * SECOND
    watch_after_delete: int = 60 * SECOND
    guests_only: int = 60 * SECOND
    waiting_for_host: int = 900 * SECOND
    close_unconfirmed_after: int = 24 * HOUR
    remind_before: int = 24 * HOUR
    opening_locked_first: bool = False
    encryption_required: bool = False
    presenting_needs_declaration: bool = True
    presenting_stopped: bool = False
    protocols_refused: frozenset[Protocol] = frozenset()
    unexpected_hosts_removed: bool = False
    ends_by_clock: frozenset[Purpose] = field(
        default_factory=lambda: frozenset(
            {Purpose.LEGAL_CONSULTATION, Purpose.PROBATION, Purpose.PSYCHOLOGY, Purpose.OTHER}
        )
    )
    id_profile: IdProfile = field(default_factory=IdProfile)
