"""Whose rehearsals they are, and what else a person keeps: offer, own personas, own guidance, contested ratings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables; what there is belongs to the one person of this machine."""
    # A constant default lets SQLite add the column in place, so that no row has to be copied.
    op.add_column("rehearsal", sa.Column("person_id", sa.String(32), nullable=False, server_default="local"))
    for name in ("scores_json", "offer_json", "check_in_json"):
        op.add_column("rehearsal", sa.Column(name, sa.Text))
    op.drop_index("ix_rehearsal_scenario_started", "rehearsal")
    op.create_index("ix_rehearsal_person_started", "rehearsal", ["person_id", "started_at"])
    op.create_index("ix_rehearsal_person_scenario", "rehearsal", ["person_id", "scenario_id", "started_at"])
    op.create_index("ix_rehearsal_parent", "rehearsal", ["parent_id"])
    op.create_table(
        "contest",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("rehearsal_id", sa.String(32), sa.ForeignKey("rehearsal.id", ondelete="CASCADE"), nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("criterion_id", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("contest_json", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_contest_rehearsal", "contest", ["rehearsal_id", "made_at"])
    op.create_table(
        "offer",
        sa.Column("person_id", sa.String(32), primary_key=True),
        sa.Column("offer_json", sa.Text, nullable=False),
        sa.Column("saved_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "own_persona",
        sa.Column("person_id", sa.String(32), primary_key=True),
        sa.Column("persona_id", sa.String(60), primary_key=True),
        sa.Column("yaml", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("added_at", sa.DateTime, nullable=False),
        sa.Column("passages_json", sa.Text, nullable=False),
    )
    op.create_index("ix_document_person", "document", ["person_id", "added_at"])


def downgrade() -> None:
    """Take them away."""
    for table in ("document", "own_persona", "offer", "contest"):
        op.drop_table(table)
    for index in ("ix_rehearsal_parent", "ix_rehearsal_person_scenario", "ix_rehearsal_person_started"):
        op.drop_index(index, "rehearsal")
    op.create_index("ix_rehearsal_scenario_started", "rehearsal", ["scenario_id", "started_at"])
    for name in ("check_in_json", "offer_json", "scores_json", "person_id"):
        op.drop_column("rehearsal", name)
