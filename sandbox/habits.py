"""What people do with their seats all year long: some work with them, some now and then, some have stopped, some never began."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.organization import Organization


class Habit(StrEnum):
    """How somebody uses one product."""

    WORKS = "works"
    RARELY = "rarely"
    STOPPED = "stopped"
    NEVER = "never"


SHARES = {Habit.WORKS: 68, Habit.RARELY: 8, Habit.STOPPED: 18, Habit.NEVER: 6}
VISITS_A_DAY = {Habit.WORKS: 0.3, Habit.RARELY: 0.03}
STOPS_AFTER = 180
"""Somebody who stops does so on a day up to this one, and works until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One person's use of one product; `last_day` is when they stop, None for who never does."""

    account_id: str
    product: str
    habit: Habit
    last_day: int | None = None

    def chance_of_visit(self, day: int) -> float:
        """How likely they look at a page of it on this day."""
        if self.habit is Habit.STOPPED:
            return VISITS_A_DAY[Habit.WORKS] if day < (self.last_day or 0) else 0.0
        return VISITS_A_DAY.get(self.habit, 0.0)


class Habits:
    """Everybody's use of some products, drawn once for a seed; who has no seat when they are drawn has no use."""

    def __init__(self, organization: Organization, *, products: tuple[str, ...], seed: int = 7) -> None:
        self._organization = organization
        self._chance = random.Random(seed)  # noqa: S311 - the same seed must make the same year
        self.uses = tuple(use for product in products for use in self._drawn(product))

    def live(self, day: int) -> int:
        """Let everybody have this *day* (counted from 0); how many visits there were. Nobody visits what they have no seat of."""
        visits = 0
        for use in self.uses:
            if self._chance.random() < use.chance_of_visit(day) and self.visit(use):
                visits += 1
        return visits

    def visit(self, use: Use) -> bool:
        """Let somebody look at a page now; whether they could."""
        account = self._organization.register.get(use.account_id)
        product = self._organization.catalog.product(use.product)
        if account is None or product.ari not in self._organization.register.billed(account):
            return False
        self._organization.visit(account, product=product)
        return True

    def _drawn(self, product: str) -> Iterator[Use]:
        ari = self._organization.catalog.product(product).ari
        seated = (account for account in self._organization.register.accounts if ari in self._organization.register.billed(account))
        for account in sorted(seated, key=_by_id):
            habit = self._chance.choices(list(SHARES), list(SHARES.values()))[0]
            last_day = self._chance.randrange(STOPS_AFTER) if habit is Habit.STOPPED else None
            yield Use(account_id=account.id, product=product, habit=habit, last_day=last_day)


def _by_id(account: Account) -> str:
    return account.id
