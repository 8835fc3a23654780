"""Names beside audit entries: the trail knows people by random ids, and the database still knows who they are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storage import access_requests, decisions, people, reclaims, warnings
from storage.db import UnitOfWork
from storage.lifecycle import Verdict
from storage.records import AuditEntry, Decision, Reclaim


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the database says today about the people and requests of entries; each is looked up once."""

    uow: UnitOfWork
    _people: dict[str, str | None] = field(default_factory=dict)
    _requests: dict[str, dict[str, str | None]] = field(default_factory=dict)
    _seats: dict[str, dict[str, str | None]] = field(default_factory=dict)
    _decisions: dict[str, tuple[Decision, ...]] = field(default_factory=dict)

    def of(self, entry: AuditEntry) -> dict[str, str | None]:
        """
        `who` acted (a Slack id, a login, or "comeback"), and `person`, whom it is about.

        For an entry of a request also its `requester`, `product`, and the `approver` and `decision`: those that the entry names, else the
        latest. For an entry about one seat its `owner` and `product`. None where the database does not know.
        """
        body = json.loads(entry.body)
        facts = body["facts"]
        names = {"who": self._who(body["actor"])}
        if "person" in facts:
            names["person"] = self._slack_id(facts["person"])
        if "reclaim" in facts:
            names |= self._seat(facts["reclaim"])
        request_id = body["request"]
        return names | self._request(request_id) | self._decision(request_id, facts.get("decision")) if request_id else names

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

    def _decision(self, request_id: str, decision_id: str | None) -> dict[str, str | None]:
        if request_id not in self._decisions:
            self._decisions[request_id] = decisions.of(self.uow, request_id)
        made = self._decisions[request_id]
        policy = decisions.policy_of(self.uow, request_id)
        if policy is not None and (decision_id == policy.id or not made):
            return {"approver": f"policy {policy.policy.value}", "decision": Verdict.APPROVE.value}
        meant = [one for one in made if one.id == decision_id] or list(made[-1:])
        return {
            "approver": meant[0].approver_slack_id if meant else None,
            "decision": meant[0].verdict.value if meant else None,
        }
