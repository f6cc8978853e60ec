"""What was said, folded and apart from the rest of a turn, so that a search reads little."""

import sqlalchemy as sa
from alembic import op

from rehearse.storage.search import folded

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    """Make the table and fill it from the turns that are there."""
    said = op.create_table(
        "said",
        sa.Column("rehearsal_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["rehearsal_id", "number"], ["turn.rehearsal_id", "turn.number"], ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    turns = connection.execute(sa.text("SELECT rehearsal_id, number, learner, counterpart FROM turn"))
    for batch in turns.partitions(_BATCH):
        connection.execute(
            said.insert(),
            [{"rehearsal_id": r, "number": n, "words": folded(learner, counterpart)} for r, n, learner, counterpart in batch],
        )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("said")
