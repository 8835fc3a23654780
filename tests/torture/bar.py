"""What a scenario says: bars that were held or not, and controls, whose guard was taken out and which must therefore fail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One promise, as measured; both texts are for people and carry their unit."""

    name: str
    measured: str
    threshold: str
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    One run of a scenario: `what` was done to the bot, in a phrase with its numbers, and what went `wrong`, a sentence each.

    `control` names the guard that this build lacks, and `must_fail` the bars that the guard alone holds, by their names.
    """

    scenario: str
    what: str
    bars: tuple[Bar, ...]
    seconds: float
    control: str | None = None
    wrong: tuple[str, ...] = ()
    must_fail: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """
        Every bar was held, or, in a control, each that its guard holds was not: a check that cannot fail proves nothing.

        A control that misses only another bar, one of volume say, proves nothing either, nor does one that names none.
        """
        if self.control is None:
            return all(bar.held for bar in self.bars)
        return bool(self.must_fail) and set(self.must_fail) <= {bar.name for bar in self.missed}

    @property
    def missed(self) -> tuple[Bar, ...]:
        """The bars that were not held."""
        return tuple(bar for bar in self.bars if not bar.held)


def exactly(name: str, measured: int, *, wanted: int = 0) -> Bar:
    """A bar that is held by one number alone."""
    return Bar(name=name, measured=f"{measured:,}", threshold=f"{wanted:,}", held=measured == wanted)


def at_least(name: str, measured: int, *, wanted: int) -> Bar:
    """A bar that is held by that number or more."""
    return Bar(name=name, measured=f"{measured:,}", threshold=f">= {wanted:,}", held=measured >= wanted)


def at_most(name: str, measured: float, *, limit: float, unit: str, digits: int = 1) -> Bar:
    """A bar that is held by that much or less of *unit*."""
    return Bar(name=name, measured=f"{measured:,.{digits}f} {unit}", threshold=f"<= {limit:g} {unit}", held=measured <= limit)


def in_time(name: str, seconds: float, *, limit: float, lenience: float = 1) -> Bar:
    """A bar that is held by at most *limit* seconds, or so many times as many where the machine may be busy, which the threshold tells."""
    held_to = limit * lenience
    shown = f"{seconds * 1000:,.0f} ms" if limit < 5 else f"{seconds:,.1f} s"
    wanted = f"{limit * 1000:,.0f} ms" if limit < 5 else f"{limit:g} s"
    threshold = f"<= {wanted}" if lenience == 1 else f"<= {lenience:g} x {wanted}"
    return Bar(name=name, measured=shown, threshold=threshold, held=seconds <= held_to)


def holds(name: str, *, measured: str, threshold: str, held: bool) -> Bar:
    """A bar that is no number."""
    return Bar(name=name, measured=measured, threshold=threshold, held=held)
