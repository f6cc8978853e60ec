"""Who may sign in, from where they are signed in, and snapshots that they share by a link."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; all of them are empty where nobody signs in."""
    op.create_table(
        "person",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("name_key", sa.String(120), nullable=False),
        sa.Column("subject_key", sa.String(64)),
        sa.Column("password_hash", sa.Text),
        sa.Column("host", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("locked_at", sa.DateTime),
    )
    op.create_index("ix_person_name_key", "person", ["name_key"], unique=True)
    op.create_index("ix_person_subject_key", "person", ["subject_key"], unique=True)
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("host", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "login",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.String(32), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_login_person", "login", ["person_id"])
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.DateTime, nullable=False),
        sa.Column("blocked_until", sa.DateTime),
    )
    op.create_table(
        "handshake",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("told_json", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "share",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("rehearsal_id", sa.String(32), sa.ForeignKey("rehearsal.id", ondelete="CASCADE"), nullable=False),
        sa.Column("link_key", sa.String(64), nullable=False),
        sa.Column("snapshot_json", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_share_link_key", "share", ["link_key"], unique=True)
    op.create_index("ix_share_person", "share", ["person_id", "made_at"])
    op.create_index("ix_share_rehearsal", "share", ["rehearsal_id"])


def downgrade() -> None:
    """Take them away."""
    for table in ("share", "handshake", "attempt", "login", "invitation", "person"):
        op.drop_table(table)
