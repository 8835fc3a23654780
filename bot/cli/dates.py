"""Moments on the command line: a day or a second, in UTC."""

from datetime import UTC, datetime

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def as_utc(moment: datetime | None) -> datetime | None:
    """The moment that was typed, with its zone."""
    return moment.replace(tzinfo=UTC) if moment else None
