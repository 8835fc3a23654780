"""How long a write may take to show, and when it is looked for: one rhythm for grants, removals and undos."""

from datetime import datetime, timedelta

FIRST_LOOK = timedelta(seconds=1)
READ_BACK_FOR = timedelta(seconds=60)
"""The admin API may show a write this late (roles: 30 s documented; 60 s leaves room)."""
LONGEST_WAIT_SECONDS = 8


def last_look(now: datetime) -> str:
    """When to stop waiting for a write that was accepted at *now*, as ISO."""
    return (now + READ_BACK_FOR).isoformat()


def next_look(now: datetime, *, looks: int) -> datetime:
    """After *looks* that showed nothing: in 1, 2, 4, then every 8 s."""
    return now + timedelta(seconds=min(LONGEST_WAIT_SECONDS, 2**looks))
