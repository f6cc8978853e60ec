"""Rehearsals and their turns."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "rehearsal",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("scenario_id", sa.String(60), nullable=False),
        sa.Column("persona_id", sa.String(60), nullable=False),
        sa.Column("difficulty", sa.String(10), nullable=False),
        sa.Column("seed", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("engine", sa.String(120), nullable=False),
        sa.Column("opening", sa.Text, nullable=False),
        sa.Column("focus", sa.String(40)),
        sa.Column("parent_id", sa.String(32), sa.ForeignKey("rehearsal.id", ondelete="SET NULL")),
        sa.Column("parent_turn", sa.Integer),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("ending", sa.String(10)),
        sa.Column("guess", sa.Integer),
        sa.Column("trust", sa.Float),
        sa.Column("empathy", sa.Integer),
        sa.Column("clarity", sa.Integer),
        sa.Column("debrief_json", sa.Text),
    )
    op.create_index("ix_rehearsal_started_at", "rehearsal", ["started_at"])
    op.create_index("ix_rehearsal_scenario_started", "rehearsal", ["scenario_id", "started_at"])
    op.create_table(
        "turn",
        sa.Column("rehearsal_id", sa.String(32), sa.ForeignKey("rehearsal.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("said_at", sa.DateTime, nullable=False),
        sa.Column("learner", sa.Text, nullable=False),
        sa.Column("counterpart", sa.Text),
        sa.Column("exchange_json", sa.Text),
        sa.Column("inner_json", sa.Text),
        sa.Column("assessment_json", sa.Text),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("turn")
    op.drop_table("rehearsal")
