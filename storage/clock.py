"""This machine's clock, asked only to see how far the clock that storage was given has been moved from it."""

from datetime import UTC, datetime


def process_now() -> datetime:
    """The time of this machine, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one home of this question in storage, which knows no other package
