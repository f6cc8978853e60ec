"""The tables of who may sign in and of what they share; `migrations/` makes and changes them.

Nothing that lets somebody in is kept as it is: passwords as argon2 hashes, tokens and links as SHA-256.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from rehearse.storage.tables import Base, UtcDateTime


class PersonRow(Base):
    """Somebody who may sign in. Their rehearsals carry the id; the person `local` of a single machine has no row."""

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_name_key", "name_key", unique=True),
        Index("ix_person_subject_key", "subject_key", unique=True),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(120))
    subject_key: Mapped[str | None] = mapped_column(String(64))
    password_hash: Mapped[str | None] = mapped_column(Text)
    host: Mapped[bool] = mapped_column(Boolean)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InvitationRow(Base):
    """A link by which one person may make an account; deleted when it is used."""

    __tablename__ = "invitation"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    host: Mapped[bool] = mapped_column(Boolean)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginRow(Base):
    """One browser or program that is signed in."""

    __tablename__ = "login"
    __table_args__ = (Index("ix_login_person", "person_id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AttemptRow(Base):
    """How often signing in failed, for one account or one address; the id is a hash of which."""

    __tablename__ = "attempt"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HandshakeRow(Base):
    """What has to be remembered while somebody is away at an identity provider."""

    __tablename__ = "handshake"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    told_json: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ShareRow(Base):
    """A snapshot of a rehearsal that a link shows; it goes when the rehearsal goes."""

    __tablename__ = "share"
    __table_args__ = (
        Index("ix_share_link_key", "link_key", unique=True),
        Index("ix_share_person", "person_id", "made_at"),
        Index("ix_share_rehearsal", "rehearsal_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    rehearsal_id: Mapped[str] = mapped_column(ForeignKey("rehearsal.id", ondelete="CASCADE"))
    link_key: Mapped[str] = mapped_column(String(64))
    snapshot_json: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


PASSING: tuple[Table, ...] = tuple(
    Base.metadata.tables[row.__tablename__] for row in (LoginRow, AttemptRow, HandshakeRow, InvitationRow)
)
"""What no backup takes along: a login that was ended must not come back with an old state of the rest."""
