"""What is turned, one thing at a time, and what must come of it.

The default of each knob is what the mock's README prefers to believe of real Pexip; each *flip* is the other belief, or
the same platform at another pace. vmrd must come to the same safe end under both. Where the flip makes a step of the
story mean something else, the table says which step then stays unconfirmed, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flip:
    """`turned`: knobs and their values. `stops_at`: words of the step at which the story rightly ends, if anywhere.

    `why`: the reason for that. `told`: whether histories of the co-simulation can tell the difference.
    """

    name: str
    turned: Mapping[str, object]
    stops_at: str = ""
    why: str = ""
    told: bool = True


def _flip(**turned: object) -> Flip:
    return Flip(" ".join(turned), turned)


def _outside(**turned: object) -> Flip:
    """One that no history can tell: it shows in HTTP alone, or in what nobody in them does."""
    return Flip(" ".join(turned), turned, told=False)


FLIPS = (
    _flip(lock_before_start_holds=False),
    _flip(control_host_keeps_alive=True),
    _outside(admit_needs_start=True),
    _flip(admit_works_unstarted=True),
    _flip(admission_survives_relock=False, admission_delay_max_s=0.3),
    _flip(promotion_starts=False),
    _flip(guests_only_clock_from_start=False),
    _flip(hosts_departed_unstarts=False),
    _flip(newcomer_in_grace_enters=False),
    _flip(waiting_role_unknown=True),
    Flip(
        "phone_enters_as_guest_without_pin",
        {"phone_enters_as_guest_without_pin": False},
        stops_at="A telephone and",
        why="a telephone that never gets past the PIN screen never waits at the door",
    ),
    Flip(
        "dtmf_controls",
        {"dtmf_controls": False},
        stops_at="*7",
        why="where the theme takes the keys away nobody can unlock with them",
    ),
    _flip(dialled_guest_seen_inside_first=True),
    _outside(dialled_recorder_keeps_alive=True),
    _flip(transfer_new_uuid=False),
    _flip(unlock_flags_first=False, admission_delay_max_s=0.3),
    _flip(flags_before_roster=False),
    _outside(vanished_target_status=404),
    _outside(unknown_participant_status=403),
    _outside(old_token_grace_s=0.0),
    _flip(fresh_host_token_delay_s=1.5),
    _outside(control_counts_for_limit=True),
    _outside(vmr_change_reaches_running=True),
    _flip(vmr_delete_ends_running=True),
    _flip(maintenance_spares_legs=False),
    _flip(eject_last_participant_backstop_timeout=60.0),
    _outside(challenge_leg_s=2.0),
    _outside(unknown_alias_envelope="success"),
    _outside(control_protocol_word="WebRTC"),
    _outside(outbound_remote_is_destination=False),
    _outside(sse_keepalive_s=0.2),
    _outside(content_events=False),
    _outside(sink_4xx_is_failure=False),
    _outside(sink_backoff_factor=1.0),
    _outside(sink_bulk_interval_s=3.0),
    _outside(node_locations=["Main", "Away"]),
    _outside(break_in_checks=False),
    _outside(alias_scan_quarantine=True),
    _outside(allow_list_delete=True),
    _outside(missing_slash_redirects=False),
    _outside(location_embeds_sinks=False),
    _outside(automatic_calls_wait_for_host=True),
    _outside(min_pin_length=6),
    _flip(event_delay_s=0.1, node_lag_s=0.5, status_lag_s=3.0, history_lag_s=3.0),
    _flip(command_delay_min_s=0.5, command_delay_max_s=1.5),
    _flip(admission_delay_max_s=1.5, media_delay_s=1.5, dial_answer_s=2.0),
    _flip(replication_jitter=0.9),
)
"""All of them."""

LEFT_ALONE = {
    "policy_timeout_s": "vmrd asks for no policy and answers none",
    "policy_negative_cache_s": "vmrd asks for no policy and answers none",
    "policy_reject_form": "vmrd asks for no policy and answers none",
    "policy_void_is_not_found": "vmrd asks for no policy and answers none",
    "waiting_for_chair_timeout": "known; an administrator's choice, and no answer of the platform",
    "guests_only_timeout": "known; an administrator's choice, and no answer of the platform",
    "pin_entry_timeout": "an administrator's choice, and no answer of the platform",
    "replication_delay_s": "known; what the mock calls fast is already the other end",
    "token_ttl_s": "known, and told with every token",
    "sink_timeout_s": "known; vmrd answers a sink in milliseconds",
    "sink_backoff_first_s": "an administrator's choice; how it grows is flipped",
    "sink_backoff_last_s": "an administrator's choice; how it grows is flipped",
    "chat_enabled": "an administrator's choice, and no answer of the platform",
    "dialout_enabled": "an administrator's choice, and no answer of the platform",
    "rate_limit": "known",
    "rate_window_s": "known",
    "pin_tries": "known",
    "break_in_window_s": "known; whether there is such a defence at all is flipped",
    "break_in_max_wrong_pins": "known; whether there is such a defence at all is flipped",
    "alias_scan_max_misses": "a number nobody gives; whether there is such a defence at all is flipped",
}
"""Assumptions of the mock's README that are not flipped here, and why."""
