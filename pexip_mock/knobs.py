"""What can be turned on the mock: delays, timers, and every answer real Pexip was never seen to give.

Each field is one assumption about the platform; the table in `README.md` beside this file says for each whether it is
known, inferred or unverified. Delays named `…_s` are seconds. A knob acts either on business time (what people wait
for: replication, the waiting room, the Host's grace) or on elapsed time (what machines wait for: tokens, lag, retries);
the docstring of `pexip_mock.clockwork` says why these are two lines.
"""

from dataclasses import dataclass, fields, replace
from typing import Self

from pexip_mock.refusal import BadKnob

CHOICES: dict[str, tuple[object, ...]] = {
    "unknown_alias_envelope": ("failed", "success"),
    "control_protocol_word": ("API", "WebRTC"),
    "policy_reject_form": ("either", "action", "result"),
    "unknown_participant_status": (404, 403),
}
"""What may stand in the knobs that are neither a number nor a switch."""


@dataclass(frozen=True, slots=True)
class Knobs:
    """Settings of one mock platform. The defaults behave like a healthy production site."""

    nodes: tuple[str, ...] = ("10.10.0.11", "10.10.0.12")
    location: str = "Main"
    node_locations: tuple[str, ...] = ()
    version_id: str = "38"
    pseudo_version: str = "82000.0.0"

    # business time
    replication_delay_s: float = 60.0
    replication_jitter: float = 0.2
    waiting_for_chair_timeout: float = 900.0
    guests_only_timeout: float = 60.0
    pin_entry_timeout: float = 120.0
    eject_last_participant_backstop_timeout: float = 0.0
    break_in_window_s: float = 600.0

    # elapsed time
    token_ttl_s: float = 120.0
    old_token_grace_s: float = 5.0
    fresh_host_token_delay_s: float = 0.0
    event_delay_s: float = 0.02
    node_lag_s: float = 0.1
    status_lag_s: float = 0.5
    history_lag_s: float = 2.0
    command_delay_min_s: float = 0.05
    command_delay_max_s: float = 0.3
    admission_delay_max_s: float = 0.3
    media_delay_s: float = 0.3
    pin_typing_s: float = 0.3
    dial_answer_s: float = 1.0
    dial_ring_s: float = 30.0

    # answers nobody has seen, or that differ between releases
    lock_before_start_holds: bool = True
    control_host_keeps_alive: bool = False
    admit_needs_start: bool = False
    waiting_role_unknown: bool = False
    phone_enters_as_guest_without_pin: bool = True
    dtmf_controls: bool = True
    vanished_target_status: int = 400
    unknown_alias_envelope: str = "failed"
    unknown_participant_status: int = 404
    allow_list_delete: bool = False
    missing_slash_redirects: bool = True
    location_embeds_sinks: bool = True
    automatic_calls_wait_for_host: bool = False
    content_events: bool = True
    sse_keepalive_s: float = 0.0
    guests_only_clock_from_start: bool = True
    hosts_departed_unstarts: bool = True
    newcomer_in_grace_enters: bool = True
    admit_works_unstarted: bool = False
    admission_survives_relock: bool = True
    promotion_starts: bool = True
    unlock_flags_first: bool = True
    flags_before_roster: bool = True
    challenge_leg_s: float = 0.0
    transfer_new_uuid: bool = True
    dialled_guest_seen_inside_first: bool = False
    dialled_recorder_keeps_alive: bool = False
    maintenance_spares_legs: bool = True
    control_counts_for_limit: bool = False
    vmr_change_reaches_running: bool = False
    vmr_delete_ends_running: bool = False
    control_protocol_word: str = "API"
    outbound_remote_is_destination: bool = True

    # switches of `global`
    chat_enabled: bool = True
    dialout_enabled: bool = True

    # limits and defences
    min_pin_length: int = 4
    pin_tries: int = 3
    break_in_checks: bool = True
    break_in_max_wrong_pins: int = 20
    alias_scan_quarantine: bool = False
    alias_scan_max_misses: int = 20
    rate_limit: int = 1000
    rate_window_s: float = 60.0
    stream_buffer: int = 10_000
    clock_ahead_s: float = 0.0
    ended_kept: int = 10_000

    # event sinks and external policy
    sink_timeout_s: float = 7.0
    sink_backoff_first_s: float = 1.0
    sink_backoff_last_s: float = 1800.0
    sink_bulk_interval_s: float = 5.0
    sink_backoff_factor: float = 2.0
    sink_4xx_is_failure: bool = True
    sink_buffer: int = 10_000
    policy_timeout_s: float = 5.0
    policy_negative_cache_s: float = 150.0
    policy_reject_form: str = "either"
    policy_void_is_not_found: bool = True

    def location_of(self, node: str) -> str:
        """The location a node stands in; all stand in `location` unless `node_locations` says otherwise."""
        where = dict(zip(self.nodes, self.node_locations, strict=False))
        return where.get(node, self.location)

    def locations(self) -> tuple[str, ...]:
        """All locations in which a node stands, the first node's first."""
        return tuple(dict.fromkeys(self.location_of(node) for node in self.nodes))

    @classmethod
    def fast(cls) -> Self:
        """Near-zero delays, for tests, demos and the co-simulation; rules and timers stay as they are."""
        return cls(
            replication_delay_s=0.05,
            event_delay_s=0.0,
            node_lag_s=0.0,
            status_lag_s=0.0,
            history_lag_s=0.0,
            command_delay_min_s=0.0,
            command_delay_max_s=0.0,
            admission_delay_max_s=0.0,
            media_delay_s=0.0,
            pin_typing_s=0.0,
            dial_answer_s=0.0,
            dial_ring_s=0.5,
            sink_backoff_first_s=0.05,
            sink_bulk_interval_s=0.1,
        )

    def changed(self, values: dict[str, object]) -> Self:
        """These knobs with some turned; numbers are accepted where seconds are meant.

        Raises BadKnob for a name that does not exist or a value of the wrong kind.
        """
        known = {field.name for field in fields(self)}
        fitted: dict[str, object] = {}
        for name, value in values.items():
            if name not in known:
                raise BadKnob(f"there is no knob {name!r}")
            fitted[name] = _fitted(name, getattr(self, name), value)
        return replace(self, **fitted)  # type: ignore[arg-type]  # each value was fitted to its field's own type


def _fitted(name: str, current: object, value: object) -> object:
    if name in CHOICES and value not in CHOICES[name]:
        raise BadKnob(f"the knob {name!r} is one of {', '.join(map(str, CHOICES[name]))}")
    if isinstance(current, tuple) and isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return tuple(value)
    if isinstance(current, bool) or isinstance(value, bool):
        if isinstance(current, bool) and isinstance(value, bool):
            return value
    elif isinstance(current, float) and isinstance(value, int | float):
        return float(value)
    elif type(current) is type(value):
        return value
    raise BadKnob(f"the knob {name!r} cannot take that kind of value")
