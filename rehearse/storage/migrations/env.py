"""Run migrations on the connection that `storage.database` hands over."""

from alembic import context

from rehearse.storage.tables import Base

connection = context.config.attributes["connection"]
# Batch mode, because SQLite cannot alter most of a table in place.
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
