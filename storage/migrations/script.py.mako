"""${message}"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only, and say in `revision` since which release (`0009_since_0008`): older processes go on running on these tables."""
    ${upgrades if upgrades else "pass"}
