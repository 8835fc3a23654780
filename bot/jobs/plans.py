"""The jobs of a plan: the batch of seats that approvers are asked about."""

from dataclasses import dataclass

from bot.jobs.base import SLACK_CHANNEL, SLACK_UPDATE, JobPayload


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposePlan(JobPayload):
    """Make a plan of the seats that may be taken now, or in plan mode of those that could be."""

    kind = "plan.propose"
    of = "plan:propose"
    slot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPlan(JobPayload):
    """Post a plan in the admin channel."""

    kind = "plan.post"
    of = "plan:{batch_id}"
    paced_by = SLACK_CHANNEL
    batch_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlan(JobPayload):
    """Upload the list of a plan's people into its thread, anew after each edit."""

    kind = "plan.list"
    of = "plan:{batch_id}"
    paced_by = SLACK_CHANNEL
    turns = 3
    batch_id: str
    channel: str
    edits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawPlan(JobPayload):
    """Draw a plan as it now stands."""

    kind = "plan.redraw"
    of = "plan:{batch_id}"
    paced_by = SLACK_UPDATE
    batch_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpirePlan(JobPayload):
    """End a plan that nobody decided."""

    kind = "plan.expire"
    of = "plan-end:{batch_id}"
    batch_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOut(JobPayload):
    """Do what a plan's decision asks for to its next members, while `status` is still the plan's; `before` had their turn already."""

    kind = "plan.carry_out"
    of = "plan-members:{batch_id}"
    batch_id: str
    status: str
    after: str
    before: int
