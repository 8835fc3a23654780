"""Pages by cursor, and the small print of asking for them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from atlassian.models import Page

Row = TypeVar("Row")


async def pages(ask: Callable[[str | None], Awaitable[Page[Row]]]) -> AsyncIterator[Page[Row]]:
    """Every page that *ask* gives for a cursor, from the first (None) to one without a next; a cursor that repeats ends it too."""
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        page = await ask(cursor)
        yield page
        cursor = page.next_cursor
        # Other clients in the field stop here as well: a next page that was read already is an endless list.
        if cursor is None or cursor in seen:
            return
        seen.add(cursor)


async def rows(ask: Callable[[str | None], Awaitable[Page[Row]]]) -> tuple[Row, ...]:
    """The rows of all pages, in order."""
    return tuple([row async for page in pages(ask) for row in page.data])


def present(**properties: Any) -> dict[str, Any]:
    """The properties that say something: neither None nor empty; sequences as lists."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in properties.items() if value not in (None, (), [], "")
    }
