"""The tables of the database, as SQLAlchemy sees them; `migrations/` makes and changes them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Float, ForeignKey, Index, Integer, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Store UTC without a zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Give UTC back."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The root of the tables."""


class RehearsalRow(Base):
    """One rehearsal."""

    __tablename__ = "rehearsal"
    __table_args__ = (
        Index("ix_rehearsal_started_at", "started_at"),
        Index("ix_rehearsal_scenario_started", "scenario_id", "started_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    scenario_id: Mapped[str] = mapped_column(String(60))
    persona_id: Mapped[str] = mapped_column(String(60))
    difficulty: Mapped[str] = mapped_column(String(10))
    seed: Mapped[int] = mapped_column(Integer)
    engine: Mapped[str] = mapped_column(String(120))
    opening: Mapped[str] = mapped_column(Text)
    focus: Mapped[str | None] = mapped_column(String(40))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("rehearsal.id", ondelete="SET NULL"))
    parent_turn: Mapped[int | None] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[str | None] = mapped_column(String(10))
    guess: Mapped[int | None] = mapped_column(Integer)
    trust: Mapped[float | None] = mapped_column(Float)
    empathy: Mapped[int | None] = mapped_column(Integer)
    clarity: Mapped[int | None] = mapped_column(Integer)
    debrief_json: Mapped[str | None] = mapped_column(Text)
    turns: Mapped[list[TurnRow]] = relationship(order_by="TurnRow.number", cascade="all, delete-orphan", passive_deletes=True)


class TurnRow(Base):
    """One learner turn and, once it was given, its answer."""

    __tablename__ = "turn"

    rehearsal_id: Mapped[str] = mapped_column(ForeignKey("rehearsal.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    learner: Mapped[str] = mapped_column(Text)
    counterpart: Mapped[str | None] = mapped_column(Text)
    exchange_json: Mapped[str | None] = mapped_column(Text)
    inner_json: Mapped[str | None] = mapped_column(Text)
    assessment_json: Mapped[str | None] = mapped_column(Text)
