"""The tables: thoughts, and the answers remembered for an Idempotency-Key."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text, TypeDecorator
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

MAX_ID = 2**63 - 1


def now() -> datetime:
    """Return the present moment, with its zone."""
    return datetime.now(UTC)


def _when_created(context: DefaultExecutionContext) -> datetime:
    parameters = context.get_current_parameters()  # type: ignore[no-untyped-call]
    created_at: datetime = parameters["created_at"]
    return created_at


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, also where the database drops the zone (SQLite does)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Store every moment as UTC: without its zone, another one would lie."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give every moment its zone back."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The metadata that all tables share."""


class Thought(Base):
    """One thought and who had it."""

    __tablename__ = "thoughts"
    # Without AUTOINCREMENT, SQLite gives the id of a deleted last row to the next one.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    author: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=_when_created)


class RememberedAnswer(Base):
    """The answer given to the first request that came with an Idempotency-Key.

    The primary key is what makes concurrent duplicates create one thought only.
    """

    __tablename__ = "remembered_answers"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    location: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
