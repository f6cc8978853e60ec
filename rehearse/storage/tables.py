"""The tables of the database, as SQLAlchemy sees them; `migrations/` makes and changes them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Float, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from rehearse.storage.records import LOCAL_PERSON


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, kept without its zone, which is put back on reading."""

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
        Index("ix_rehearsal_person_started", "person_id", "started_at"),
        Index("ix_rehearsal_person_scenario", "person_id", "scenario_id", "started_at"),
        # Without it, each deletion would look through all rehearsals for branches.
        Index("ix_rehearsal_parent", "parent_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), server_default=LOCAL_PERSON)
    scenario_id: Mapped[str] = mapped_column(String(60))
    persona_id: Mapped[str] = mapped_column(String(60))
    difficulty: Mapped[str] = mapped_column(String(10))
    seed: Mapped[int] = mapped_column(Integer().with_variant(BigInteger(), "postgresql"))
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
    scores_json: Mapped[str | None] = mapped_column(Text)
    debrief_json: Mapped[str | None] = mapped_column(Text)
    offer_json: Mapped[str | None] = mapped_column(Text)
    check_in_json: Mapped[str | None] = mapped_column(Text)
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


class SaidRow(Base):
    """The words of a turn, the learner's and the counterpart's, as `search` folds them."""

    __tablename__ = "said"
    __table_args__ = (
        ForeignKeyConstraint(["rehearsal_id", "number"], ["turn.rehearsal_id", "turn.number"], ondelete="CASCADE"),
        {"sqlite_with_rowid": False},
    )

    rehearsal_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    words: Mapped[str] = mapped_column(Text)


class ContestRow(Base):
    """One rating that was contested."""

    __tablename__ = "contest"
    __table_args__ = (Index("ix_contest_rehearsal", "rehearsal_id", "made_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    rehearsal_id: Mapped[str] = mapped_column(ForeignKey("rehearsal.id", ondelete="CASCADE"))
    turn: Mapped[int] = mapped_column(Integer)
    criterion_id: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    contest_json: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OfferRow(Base):
    """A person's offer card."""

    __tablename__ = "offer"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    offer_json: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OwnPersonaRow(Base):
    """A counterpart that a person wrote."""

    __tablename__ = "own_persona"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    persona_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    yaml: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DocumentRow(Base):
    """Guidance that a person brought along; the passages are a JSON list of texts."""

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_person", "person_id", "added_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    passages_json: Mapped[str] = mapped_column(Text)
