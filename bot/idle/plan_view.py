"""PURE: what a plan shows, as it was read from the database in one go."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.billing import Money
from bot.idle.plan_figures import Deed, PlanFigures
from storage.lifecycle import ReclaimStatus
from storage.outgoing_records import MailRecord
from storage.records import Reclaim
from storage.seat_records import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose seat of which product (by name) it is, as the last scan knew them: None is not known. `last_active_at` None is never."""

    account_id: str
    product: str
    name: str | None
    email: str | None
    last_active_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One seat of the plan."""

    reclaim: Reclaim
    holder: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwarned:
    """A seat whose holder nobody could warn, by the code that says why; `warning_id` names it, `mail` is what became of a mail."""

    warning_id: str
    holder: Holder
    code: str | None = None
    mail: MailRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPlan:
    """One product's part: `seats` of `seats_before` in use would go, which saves so much a month (an estimate; None is not known)."""

    name: str
    seats: int
    seats_before: int
    saving: Money | None
    renewal: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """All that a plan's card shows; `pictured` are the longest idle of a plan without members, `deeds` name people by Slack id."""

    batch: Batch
    figures: PlanFigures
    products: tuple[ProductPlan, ...]
    members: tuple[Member, ...]
    now: datetime
    unwarned: tuple[Unwarned, ...] = ()
    pictured: tuple[Holder, ...] = ()
    decided_by: str | None = None
    deeds: tuple[Deed, ...] = ()

    def in_status(self, *statuses: ReclaimStatus) -> tuple[Member, ...]:
        """The members in one of these, longest idle first."""
        return tuple(member for member in self.members if member.reclaim.status in statuses)

    @property
    def never_warned(self) -> tuple[Member, ...]:
        """The members to be taken whom no warning reached: an approver added them by name."""
        return tuple(one for one in self.in_status(ReclaimStatus.PLANNED) if one.reclaim.warning_id in self.figures.unwarned)
