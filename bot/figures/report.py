"""PURE: the outcome of taking idle seats back, as the digest, the Home tab, the metrics and `comeback report` tell it."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from fractions import Fraction
from functools import reduce

from bot.billing import Money
from bot.figures.savings import PeriodSaving, SavedMonth, add_up
from storage.lifecycle import IDLE_ACTIVITIES, SeatActivity


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsNow:
    """
    Seats as they are now: those in use are all that are paid for, idle or not; idle are those that nobody uses or ever used.

    `warned` have a warning in front of them, `unreached` one that reached nobody; `free` were taken and are not back.
    """

    in_use: int = 0
    idle: int = 0
    warned: int = 0
    unreached: int = 0
    free: int = 0

    def __add__(self, other: "SeatsNow") -> "SeatsNow":
        return SeatsNow(**_sums(self, other))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What happened in a period: warnings sent, answers given, seats taken, and seats that came back, whenever they were taken.

    Of those that came back some were asked for by their holder, and some removals were undone by an admin.
    """

    warned: int = 0
    kept: int = 0
    let_go: int = 0
    taken: int = 0
    returned: int = 0
    asked_back: int = 0
    undone: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(**_sums(self, other))

    @property
    def keep_rate(self) -> Fraction | None:
        """Of those who answered, the share that keeps; None when nobody answered."""
        return _share(self.kept, of=self.kept + self.let_go)

    @property
    def return_rate(self) -> Fraction | None:
        """Seats asked back for each seat taken, above 1 where earlier ones came back; None when none was taken."""
        return _share(self.asked_back, of=self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """
    What one product's free seats save; all are estimates, and None where no price is known.

    `realised` is the sum of the `months` that began in the period; `monthly` is what each month to come saves if nobody comes back, told of
    the next ones in `forecast`; `possible` is what the seats that are idle now would save a month on top. `period` is of today,
    whatever the period of the report, and None too where nobody knows when it began.
    """

    realised: Money | None
    monthly: Money | None
    possible: Money | None
    months: tuple[SavedMonth, ...]
    forecast: tuple[SavedMonth, ...]
    period: PeriodSaving | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductReport:
    """One product: its seats by class and in all, and what came of them in the period."""

    key: str
    name: str
    classes: Mapping[SeatActivity, int]
    now: SeatsNow
    outcome: Outcome
    saving: Saving


ACCESS_DAYS = 90
"""The time to access that Home and the digest tell is that of so many days: of all time it would hardly move, and take long to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The products in the order of the settings, for a period; `access_seconds` is the median from asking to access in it, or lately."""

    since: datetime
    until: datetime
    products: tuple[ProductReport, ...]
    access_seconds: float | None

    @property
    def now(self) -> SeatsNow:
        """The seats of all products."""
        return reduce(SeatsNow.__add__, (product.now for product in self.products), SeatsNow())

    @property
    def outcome(self) -> Outcome:
        """What happened in all products."""
        return reduce(Outcome.__add__, (product.outcome for product in self.products), Outcome())

    @property
    def realised(self) -> tuple[Money, ...]:
        """What was saved in the period, in each currency."""
        return add_up(product.saving.realised for product in self.products)

    @property
    def monthly(self) -> tuple[Money, ...]:
        """What each month to come saves, in each currency."""
        return add_up(product.saving.monthly for product in self.products)

    @property
    def possible(self) -> tuple[Money, ...]:
        """What the idle seats would save a month on top, in each currency."""
        return add_up(product.saving.possible for product in self.products)


def idle_of(classes: Mapping[SeatActivity, int]) -> int:
    """How many of the seats nobody uses, or ever used."""
    return sum(classes.get(activity, 0) for activity in IDLE_ACTIVITIES)


def percent(share: Fraction | None) -> str:
    """As `82 %`; a dash for what is not known."""
    return "-" if share is None else f"{round(share * 100)} %"


def in_words(amounts: tuple[Money, ...]) -> str:
    """As `$1,240.00 and 310.00 EUR`; empty without any."""
    return " and ".join(str(amount) for amount in amounts)


def length(seconds: float | None) -> str:
    """As `4 min` or `2.5 h`; a dash for what is not known."""
    if seconds is None:
        return "-"
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds / size:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds:.0f} s"


def _share(part: int, *, of: int) -> Fraction | None:
    return Fraction(part, of) if of else None


def _sums(one: SeatsNow | Outcome, other: SeatsNow | Outcome) -> dict[str, int]:
    return {name: a + b for name, a, b in zip(one.__slots__, astuple(one), astuple(other), strict=True)}
