"""Prometheus metrics: bounded labels, own registry, no person and no booking anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_FASTER = (0.0001, 0.001, 0.01, 0.1, 1.0)
_COMMIT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_READ = ("participants", "conference_status", "events", "sink")
"""What of Pexip's is read while meetings run."""
_SOURCES = ("stream", "sink")
"""By what Pexip tells of events."""


class Metrics:
    """One per daemon. Children of the labels that every booking and every press counts are looked up once."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        ProcessCollector(registry=r)  # its start time tells a daemon that keeps restarting
        Info("vmrd_build", "The release that runs", registry=r).info({"version": version("vmrd")})
        self._facts = Counter("vmrd_facts", "Facts written to the journal", ["fact"], registry=r)
        self._fact = cache(self._facts.labels)
        self._faults = Counter("vmrd_session_faults", "Steps of a session that failed and were rolled back", registry=r)
        self._pexip = Counter("vmrd_pexip_requests", "Requests to Pexip", ["operation", "outcome"], registry=r)
        self._pexip_seconds = Histogram(
            "vmrd_pexip_request_seconds", "Time of a request to Pexip", ["operation"], registry=r, buckets=_FAST
        )
        self._told: dict[tuple[str, str], tuple[Counter, Histogram]] = {}
        self._malformed = Counter("vmrd_pexip_malformed", "Pexip data that could not be read", ["what"], registry=r)
        self._sessions = Gauge("vmrd_sessions", "Sessions being watched", ["phase"], registry=r)
        self._streams = Gauge("vmrd_event_streams", "Live event streams", registry=r)
        self._unwatched = Gauge(
            "vmrd_unwatched_sessions", "Meetings nobody looks at: there are more than replicas can", registry=r
        )
        self._blind = Gauge("vmrd_blind_sessions", "Running sessions whose meeting cannot be read", registry=r)
        self._outbox = Gauge("vmrd_outbox_depth", "Commands not yet carried out", ["lane"], registry=r)
        self._panels = Gauge("vmrd_panel_clients", "Panels connected by WebSocket", registry=r)
        self._sounds = Gauge("vmrd_panels_with_sound", "Panels that would sound a knock", ["establishment"], registry=r)
        self._bookings = Counter("vmrd_booking_events", "Booking events by answer", ["answer"], registry=r)
        self._booking = cache(self._bookings.labels)
        self._adapters = Counter(
            "vmrd_adapter_events",
            "Booking systems' own events by what became of them",
            ["adapter", "outcome"],
            registry=r,
        )
        self._sink = Counter("vmrd_sink_events", "Event sink events by what became of them", ["outcome"], registry=r)
        self._orphans = Gauge("vmrd_orphan_vmrs", "Our vmrs in Pexip that no session owns", registry=r)
        self._deliveries = Counter("vmrd_deliveries", "Callbacks to booking systems", ["outcome"], registry=r)
        self._sign_ins = Counter("vmrd_sign_ins", "Tries to sign in, by what and how", ["by", "outcome"], registry=r)
        self._emergencies = Gauge("vmrd_emergency_sign_ins", "Browsers signed in by the sealed account", registry=r)
        self._service = Counter(
            "vmrd_sign_in_service_requests", "Requests to the sign-in service", ["operation", "outcome"], registry=r
        )
        self._letters = Counter("vmrd_letters", "Emails to those who booked", ["outcome"], registry=r)
        self._dead = Gauge(
            "vmrd_dead_deliveries", "Callbacks and emails given up, and not sent again since", registry=r
        )

        self._event_lag = Histogram(
            "vmrd_event_lag_seconds",
            "Event received (stream) or sent (sink) to committed",
            ["source"],
            registry=r,
            buckets=_FAST,
        )
        self._event_gaps = Counter(
            "vmrd_event_gaps", "Streams that broke, and events a sink skipped", ["source"], registry=r
        )
        self._budget = Gauge("vmrd_management_budget_used_ratio", "Spent part of the requests we allow", registry=r)
        self._store_write = Histogram(
            "vmrd_store_commit_seconds", "A write handed in to committed", registry=r, buckets=_COMMIT
        )
        self._part = Gauge("vmrd_part_up", "Whether a part works: the store, Pexip, a lane", ["part"], registry=r)

        self._reload_failed = Gauge(
            "vmrd_config_reload_failed", "1: the configuration was read again and refused", registry=r
        )
        self._reloaded = Gauge(
            "vmrd_config_loaded_timestamp_seconds", "When the configuration in force was read", registry=r
        )
        self._certificates = Gauge(
            "vmrd_certificate_expires_timestamp_seconds", "When a certificate expires", ["certificate"], registry=r
        )
        self._policy = Counter("vmrd_policy_answers", "External policy answers", ["question", "answer"], registry=r)
        self._policy_seconds = Histogram(
            "vmrd_policy_answer_seconds", "Time to answer external policy", registry=r, buckets=_FASTER
        )
        self._policy_unrecorded = Counter(
            "vmrd_policy_unrecorded", "Phones turned away at the door and not journalled", registry=r
        )
        self._shadow_refused = Counter(
            "vmrd_shadow_refused", "Requests in shadow mode that were no reads; none was sent", registry=r
        )
        self._policy_answers: dict[tuple[str, str], Counter] = {}
        # For Prometheus a counter that was not there before has not increased: what a rule waits for is there at once.
        self._sink.labels("dropped")
        self._bookings.labels("busy")
        self._sign_ins.labels("oidc", "away")
        for by in ("account", "sealed"):
            self._sign_ins.labels(by, "wrong")
        for what in _READ:
            self._malformed.labels(what)
        for source in _SOURCES:
            self._event_gaps.labels(source)
            self._event_lag.labels(source)

    def reloaded(self, *, ok: bool) -> None:
        self._reload_failed.set(not ok)
        if ok:
            self._reloaded.set_to_current_time()

    def certificate(self, name: str, expires: datetime) -> None:
        """`name`: `panel`, of what vmrd serves itself."""
        self._certificates.labels(name).set(expires.timestamp())

    def fact(self, name: str) -> None:
        self._fact(name).inc()

    def fault(self) -> None:
        self._faults.inc()

    def pexip(self, operation: str, outcome: str, seconds: float) -> None:
        """`outcome`: `ok` or the short word of a `PexipError`."""
        told = self._told.get((operation, outcome))
        if told is None:  # found anew each time, the two were a tenth of what a read costs
            told = self._pexip.labels(operation, outcome), self._pexip_seconds.labels(operation)
            self._told[operation, outcome] = told
        told[0].inc()
        told[1].observe(seconds)
        if outcome == "malformed":
            self.malformed(operation)

    def malformed(self, what: str) -> None:
        self._malformed.labels(what).inc()

    def sessions(self, by_phase: Mapping[str, int]) -> None:
        self._sessions.clear()
        for phase, count in by_phase.items():
            self._sessions.labels(phase).set(count)

    def streams(self, count: int) -> None:
        self._streams.set(count)

    def blind(self, count: int) -> None:
        self._blind.set(count)

    def unwatched(self, count: int) -> None:
        self._unwatched.set(count)

    def outbox(self, by_lane: Mapping[str, int]) -> None:
        for lane, count in by_lane.items():
            self._outbox.labels(lane).set(count)

    def panels(self, count: int) -> None:
        self._panels.set(count)

    def panels_with_sound(self, establishment: str, count: int) -> None:
        """`establishment`: one of those configured."""
        self._sounds.labels(establishment).set(count)

    def booking(self, answer: str) -> None:
        self._booking(answer).inc()

    def adapter_there(self, name: str) -> None:
        """An adapter is configured."""
        self._adapters.labels(name, "again")

    def adapter(self, name: str, outcome: str) -> None:
        self._adapters.labels(name, outcome).inc()

    def sink(self, outcome: str) -> None:
        self._sink.labels(outcome).inc()

    def event_taken(self, source: str, seconds: float) -> None:
        """`source`: `stream` or `sink`."""
        self._event_lag.labels(source).observe(max(seconds, 0.0))

    def event_gap(self, source: str, count: int = 1) -> None:
        self._event_gaps.labels(source).inc(count)

    def budget(self, used: Callable[[], float]) -> None:
        """Asked at each scrape."""
        self._budget.set_function(used)

    def store_write(self, seconds: float) -> None:
        self._store_write.observe(seconds)

    def part(self, name: str, up: bool) -> None:
        self._part.labels(name).set(up)

    def orphans(self, count: int) -> None:
        self._orphans.set(count)

    def delivery(self, outcome: str) -> None:
        self._deliveries.labels(outcome).inc()

    def letter(self, outcome: str) -> None:
        """`outcome`: what a try came to, a `DeliveryState`."""
        self._letters.labels(outcome).inc()

    def policy(self, question: str, answer: str, seconds: float) -> None:
        """Its children are kept: looking one up costs as much as answering."""
        child = self._policy_answers.get((question, answer))
        if child is None:
            child = self._policy_answers[question, answer] = self._policy.labels(question, answer)
        child.inc()
        self._policy_seconds.observe(seconds)

    def policy_unrecorded(self) -> None:
        self._policy_unrecorded.inc()

    def shadow_refused(self) -> None:
        self._shadow_refused.inc()

    def dead_deliveries(self, count: int) -> None:
        self._dead.set(count)

    def sign_in(self, by: str, outcome: str) -> None:
        """`by`: `account`, `oidc`, `sealed` or `demo`; `outcome`: `ok`, `wait` or why not."""
        self._sign_ins.labels(by, outcome).inc()

    def emergencies(self, count: int) -> None:
        self._emergencies.set(count)

    def sign_in_service(self, operation: str, outcome: str, _seconds: float) -> None:
        self._service.labels(operation, outcome).inc()
