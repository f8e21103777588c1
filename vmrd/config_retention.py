"""The parts of the configuration that say how long what is kept, and who witnesses the journal; see `config`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from vmrd.config_senders import Part, SigningKey
from vmrd.lifecycle.rules import HOUR
from vmrd.lifecycle.words import Instant
from vmrd.store.refusal import KEPT
from vmrd.store.retention import Cutoffs

_DAY = 24 * HOUR


class RetentionConfig(Part):
    """How long what is kept; docs/privacy.md tells the classes, and `vmrd purge --dry-run` what would go now."""

    personal: int = Field(
        default=30,
        ge=1,
        le=3660,
        description="Days; names, numbers, remarks and what secrets are left, from a session's end",
    )
    receipts: int = Field(
        default=30,
        ge=2,
        le=3660,
        description="Days; answers to messages and presses; a repeat within this time gets it again",
    )
    deliveries: int = Field(default=30, ge=1, le=3660, description="Days; callbacks and emails that arrived")
    dead_deliveries: int = Field(default=90, ge=1, le=3660, description="Days; the same, where they were given up")
    refusals: int = Field(default=90, ge=1, le=KEPT // _DAY, description="Days; what booking systems may not send")
    journal: int = Field(default=730, ge=0, le=36600, description="Days; a session's facts, from its last; 0: for ever")

    @model_validator(mode="after")
    def _facts_outlive_people(self) -> Self:
        if 0 < self.journal < self.personal:
            raise ValueError("journal: must be 0 or at least personal: a session's facts go with all else of it")
        return self

    def before(self, now: Instant) -> Cutoffs:
        """What goes now."""
        return Cutoffs(
            now=now,
            personal=now - self.personal * _DAY,
            receipts=now - self.receipts * _DAY,
            sign_ins=now - _DAY,  # they end after twelve hours at most, and some browsers never sign out
            refusals=now - self.refusals * _DAY,
            deliveries=now - self.deliveries * _DAY,
            dead_deliveries=now - self.dead_deliveries * _DAY,
            journal=now - self.journal * _DAY if self.journal else None,
        )


class WitnessConfig(Part):
    """Who is told the journal's head beside the log, signed as callbacks are: an outside witness."""

    every: float = Field(default=3600.0, ge=1, le=7 * 86400, description="Seconds between two heads")
    url: str | None = Field(
        default=None, description="Where it is sent beside the log", examples=["https://witness.example.org/vmrd"]
    )
    secrets: tuple[SigningKey, ...] = Field(
        default=(), max_length=2, description="What it is signed with, newest first, as a JSON list"
    )

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        if (self.url is None) is not (not self.secrets):
            raise ValueError("secrets: give url and secrets, or neither: what is told must be signed")
        return self
