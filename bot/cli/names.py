"""Names beside audit entries: the trail knows people by random ids, and the database still knows who they are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storage import access_requests, decisions, people, reclaims, warnings
from storage.db import UnitOfWork
from storage.lifecycle import Verdict
from storage.records import AuditEntry, Decision, PolicyApproval, Reclaim

Named = str | list[str] | None
"""A name, or several people's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the database says today about the people and requests of entries; each is looked up once."""

    uow: UnitOfWork
    _people: dict[str, str | None] = field(default_factory=dict)
    _requests: dict[str, dict[str, str | None]] = field(default_factory=dict)
    _seats: dict[str, dict[str, str | None]] = field(default_factory=dict)
    _decisions: dict[str, tuple[tuple[Decision, ...], PolicyApproval | None]] = field(default_factory=dict)

    def of(self, entry: AuditEntry) -> dict[str, Named]:
        """
        `who` acted (a Slack id, a login, or "comeback"), and `person`, whom it is about.

        For an entry of a request also its `requester`, `product`, the `decision` that held then, and the `approvers` whose it was: all of
        them where several approved, none before anybody had decided. For an entry about one seat its `owner` and `product`. None where the
        database does not know.
        """
        body = json.loads(entry.body)
        facts = body["facts"]
        names: dict[str, Named] = {"who": self._who(body["actor"])}
        if "person" in facts:
            names["person"] = self._slack_id(facts["person"])
        if "reclaim" in facts:
            names |= self._seat(facts["reclaim"])
        request_id = body["request"]
        return names | self._request(request_id) | self._decision(request_id, by=entry.at) if request_id else names

    def _who(self, actor: Mapping[str, Any]) -> str | None:
        return self._slack_id(actor["id"]) if actor["type"] == "person" else str(actor["id"])

    def _slack_id(self, person_id: str) -> str | None:
        if person_id not in self._people:
            self._people[person_id] = people.slack_id_of(self.uow, person_id)
        return self._people[person_id]

    def _seat(self, reclaim_id: str) -> dict[str, str | None]:
        if reclaim_id not in self._seats:
            reclaim = reclaims.get(self.uow, reclaim_id)
            self._seats[reclaim_id] = {"owner": self._owner(reclaim), "product": reclaim.product if reclaim else None}
        return self._seats[reclaim_id]

    def _owner(self, reclaim: Reclaim | None) -> str | None:
        """Who is linked to the account, or whom the warning reached."""
        if reclaim is None:
            return None
        person = people.linked_to(self.uow, reclaim.account_id)
        warning = warnings.get(self.uow, reclaim.warning_id) if reclaim.warning_id else None
        return person.slack_id if person else warning.slack_id if warning else None

    def _request(self, request_id: str) -> dict[str, str | None]:
        if request_id not in self._requests:
            request = access_requests.get(self.uow, request_id)
            self._requests[request_id] = {
                "requester": request.requester_slack_id if request else None,
                "product": request.product if request else None,
            }
        return self._requests[request_id]

    def _decision(self, request_id: str, *, by: datetime) -> dict[str, Named]:
        """What held when the entry was written: all approvals of the latest round, or the denial; nothing before anybody had decided."""
        if request_id not in self._decisions:
            self._decisions[request_id] = decisions.of(self.uow, request_id), decisions.policy_of(self.uow, request_id)
        made, policy = self._decisions[request_id]
        made = tuple(one for one in made if one.decided_at <= by)
        policy = policy if policy and policy.decided_at <= by else None
        latest = max([one.round_number for one in (*made, policy) if one], default=0)
        return _approvals([one for one in made if one.round_number == latest], policy if policy and policy.round_number == latest else None)


def _approvals(made: Sequence[Decision], policy: PolicyApproval | None) -> dict[str, Named]:
    denials = [one for one in made if one.verdict is Verdict.DENY]
    by_policy = [f"policy {policy.policy.value}"] if policy and not denials else []
    names = [*by_policy, *(one.approver_slack_id for one in denials or made)]
    return {"approvers": names, "decision": (Verdict.DENY if denials else Verdict.APPROVE).value if names else None}
