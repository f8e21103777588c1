"""A log line of a request can be found by its id, and by the session it was about."""

import pytest
import structlog
from structlog.testing import CapturingLogger

from tests.web.house import House, event

pytestmark = pytest.mark.asyncio

UUID = "5f0c1f0e-6a0e-4f51-9d8e-0a8c6a3c1c11"


async def test_a_callers_own_uuid_comes_back_and_another_text_does_not(home: House) -> None:
    for own in (UUID, UUID.replace("-", ""), UUID.upper()):
        assert (await home.get("/v1/me", **{"X-Request-Id": own})).headers["X-Request-Id"] == own
    for foreign in ("", "Canary", "+441632960123", "x" * 5_000, UUID[:-1], UUID + "1", UUID.replace("-", "", 1)):
        given = (await home.get("/v1/me", **{"X-Request-Id": foreign})).headers["X-Request-Id"]
        assert given != foreign
        assert 8 < len(given) < 64


async def test_every_line_of_a_request_carries_its_id_and_its_session(home: House) -> None:
    session = (await home.booked())["main"]
    logger = CapturingLogger()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level],
        logger_factory=lambda *_: logger,
        cache_logger_on_first_use=False,
    )
    try:
        await home.store.close()
        about = await home.get(f"/v1/sessions/{session}", **{"X-Request-Id": UUID})
        pressed = await home.press(session, "open", **{"X-Request-Id": UUID})
        of_none = await home.deliver(event(version=9), "a")
        named = await home.get("/v1/sessions/canaryprisonernamejane26ab")
    finally:
        structlog.reset_defaults()
    assert {answer.status for answer in (about, pressed, of_none, named)} == {503}
    lines = [call.kwargs for call in logger.calls]
    assert [line["request"] for line in lines] == [
        UUID,
        UUID,
        of_none.headers["X-Request-Id"],
        named.headers["X-Request-Id"],
    ]
    assert [line.get("session") for line in lines] == [session, session, None, None]
