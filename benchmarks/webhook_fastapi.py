"""The usual way to build this: FastAPI, SQLAlchemy's async ORM, aiosqlite. What an honest team would write first.

    python -m benchmarks.webhook_fastapi DATABASE

It does what must be done and no more: verify the signature, validate the body, look for a repeat of the message, one
row each for the message, the booking, the session and the journal, commit with `synchronous=FULL` before the answer. It
has no claims on rooms, no secrets, no hash chain and no command. WAL, and uvicorn with uvloop and httptools, are its
gain over the defaults.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from benchmarks.webhook_load import SECRET
from vmrd.minting import alias, session_id
from vmrd.web.booking_shapes import BookingEventIn


class Base(DeclarativeBase):
    pass


class Message(Base):
    __tablename__ = "message"
    id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[int]
    answer: Mapped[str]


class Booking(Base):
    __tablename__ = "booking"
    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    establishment: Mapped[str]
    body: Mapped[str]


class Session(Base):
    __tablename__ = "session"
    id: Mapped[str] = mapped_column(primary_key=True)
    booking_id: Mapped[str] = mapped_column(index=True)
    room: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    alias: Mapped[str]


class Entry(Base):
    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]
    what: Mapped[str]


def app(database: Path) -> FastAPI:
    """The application over a new database."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{database}")
    made = async_sessionmaker(engine, expire_on_commit=False)
    key = Webhook(SECRET)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield

    api = FastAPI(lifespan=lifespan)

    @event.listens_for(engine.sync_engine, "connect")
    def pragmas(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=60000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @api.post("/v1/bookings/events")
    async def take(request: Request) -> Response:
        body = await request.body()
        try:
            key.verify(body, dict(request.headers), json_parse=False)
        except WebhookVerificationError:
            return Response(status_code=401)
        given = BookingEventIn.model_validate_json(body)
        async with made() as db, db.begin():
            return await _take(db, request.headers["webhook-id"], given)

    return api


async def _take(db: AsyncSession, message: str, given: BookingEventIn) -> Response:
    repeat = await db.get(Message, message)
    if repeat is not None:
        return Response(repeat.answer, repeat.status, media_type="application/json")
    booking = given.booking
    known = await db.get(Booking, booking.id)
    if known is None:
        known = Booking(id=booking.id, establishment=booking.establishment.prison_code)
        db.add(known)
    known.version, known.body = booking.version, booking.model_dump_json()
    slot, now = booking.segments[0].slots[0], datetime.now(UTC)
    session = Session(
        id=session_id(),
        booking_id=booking.id,
        room=booking.segments[0].prison_room.location_key,
        starts_at=datetime.fromisoformat(f"{slot.date}T{slot.start}"),
        ends_at=datetime.fromisoformat(f"{slot.date}T{slot.end}"),
        alias=alias(),
    )
    answer = f'{{"sessionIds":[{{"segmentKey":"main","sessionId":"{session.id}"}}]}}'
    db.add_all([session, Entry(session_id=session.id, at=now, what="planned")])
    db.add(Message(id=message, status=202, answer=answer))
    return Response(answer, 202, media_type="application/json")


class _Server(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


if __name__ == "__main__":
    config = uvicorn.Config(app(Path(sys.argv[1])), port=0, log_level="error", access_log=False)
    asyncio.run(_Server(config).serve())
