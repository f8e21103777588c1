"""A shadow on PostgreSQL is refused before anything is connected to."""

from __future__ import annotations

import pytest

from vmrd.config_shadow import ShadowConfig
from vmrd.metrics import Metrics
from vmrd.shadow.build import shadow_of
from vmrd.store.base import StoreError
from vmrd.store.place import Server

NOWHERE = Server("postgresql://vmrd@localhost/vmrd")


def test_a_shadow_on_postgresql_is_refused_with_what_to_give_instead() -> None:
    enabled = ShadowConfig.model_construct(enabled=True)
    with pytest.raises(StoreError, match="give store"):
        shadow_of(enabled, NOWHERE, Metrics())


def test_live_work_on_postgresql_has_nothing_of_a_shadow() -> None:
    assert shadow_of(ShadowConfig(), NOWHERE, Metrics()) is None
