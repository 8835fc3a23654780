"""Are the groups there whose members are protected? A name that is mistyped protects nobody, and nothing else would say so."""

from collections.abc import Sequence

from atlassian.client import AdminClient
from atlassian.models import Group
from bot.doctor.lines import Line, green, red

SUBJECT = "protected groups"
_REMEDY = "write COMEBACK_IDLE__PROTECTED_GROUPS as the group is called in Atlassian, or as its id"


async def protected(client: AdminClient, named: Sequence[str]) -> tuple[Line, ...]:
    """A red line for each of the *named* groups (names in any case, or ids) that is not there; raises AtlassianError."""
    if not named:
        return ()
    found = await client.search_groups(group_names=named)
    left = [name for name in named if not any(_answers(group, name) for group in found)]
    # Beside names the endpoint takes no ids, and one that is no id at all may be refused: these are looked for in a second call.
    by_id = await client.search_groups(group_ids=[name for name in left if _looks_like_id(name)]) if any(map(_looks_like_id, left)) else ()
    missing = [name for name in left if not any(_answers(group, name) for group in by_id)]
    if missing:
        return tuple(red(SUBJECT, f"no group `{name}`: nobody is protected by it", _REMEDY) for name in missing)
    return (green(SUBJECT, f"found: {', '.join(named)}"),)


def _answers(group: Group, name: str) -> bool:
    return name.casefold() in (group.name.casefold(), group.id.casefold())


def _looks_like_id(name: str) -> bool:
    return len(name) == 36 and name.count("-") == 4
