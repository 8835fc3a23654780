"""Run by Alembic: it works on the connection, inside the transaction and under the lock that `storage.migrate` prepared."""

from alembic import context

from storage import outgoing_tables, seat_tables, tables  # noqa: F401 - they fill the metadata
from storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
