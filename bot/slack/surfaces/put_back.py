"""What Comeback once took of a seat, and how exactly it can be put back."""

from dataclasses import dataclass
from datetime import datetime

from bot.slack.surfaces.markup import day, listed, quoted

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """
    The return of a seat that was taken back at `taken_at`: names for people, ids nowhere.

    `groups` are put back, and so is the product's `role` given directly; `missing` can't be. With `by_substitute` nothing of what was taken
    can, and `instead` is the group of today.
    `for_a_human` are administering roles, which nobody gets by a click.
    """

    taken_at: datetime | None = None
    groups: tuple[str, ...] = ()
    role: bool = False
    missing: tuple[str, ...] = ()
    by_substitute: bool = False
    instead: str | None = None
    for_a_human: tuple[str, ...] = ()


def doing(back: PutBack | None) -> str | None:
    """What a click puts back, None when nothing was taken or nothing of it can be given."""
    return f"Puts back {_names(back)}" if back and (back.groups or back.role) else None


def done(back: PutBack | None) -> str | None:
    """The same, when it has been put back."""
    return f"Put back {_names(back)}" if back and (back.groups or back.role) else None


def before_the_click(back: PutBack) -> tuple[str, ...]:
    """What an approver should know of the return."""
    when = f" on {day(back.taken_at)}" if back.taken_at else ""
    exactly = ", and puts back exactly what it took" if doing(back) and not back.missing else ""
    return (f"🪑 Comeback took this seat back{when}{exactly}", *_shortfall(back, gets="would get"))


def after_the_grant(back: PutBack) -> tuple[str, ...]:
    """What of it did not come back as it was."""
    return _shortfall(back, gets="got")


def _shortfall(back: PutBack, *, gets: str) -> tuple[str, ...]:
    lines = []
    if back.missing:
        lines.append(f"🔁 {_listed(back.missing)} can't be given any more" + _instead(back, gets=gets))
    if back.for_a_human:
        lines.append(f"🧑‍⚖️ They administered before ({_listed(back.for_a_human)}): that is for a human to give")
    return tuple(lines)


def _instead(back: PutBack, *, gets: str) -> str:
    if not back.by_substitute:
        return ""
    return f"; they {gets} {_listed((back.instead,))} instead" if back.instead else f"; they {gets} the product's role instead"


def _names(back: PutBack) -> str:
    groups = _listed(back.groups)
    role = "the product's role" if back.role else ""
    return " and ".join(part for part in (groups, role) if part)


def _listed(names: tuple[str, ...]) -> str:
    return listed([f"`{quoted(name, longest=LONGEST_NAME)}`" for name in names])
