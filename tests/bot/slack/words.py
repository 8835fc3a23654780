"""Words to arrange with: people, requests and what was found about their access."""

from datetime import UTC, datetime, timedelta
from typing import Any

from atlassian.access import AccessState, WayBack
from atlassian.licences import GroupRef
from bot.settings import Product
from bot.slack.surfaces.card import CardView
from bot.slack.surfaces.message import Message, to_json
from storage.lifecycle import RequestStatus, ReturnPolicy, Verdict
from storage.records import AccessRequest, Decision, PolicyApproval

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
CLOUD = "11111111-2222-3333-4444-555555555555"
JIRA = Product(key="jira", name="Jira", resource=f"ari:cloud:jira-software::site/{CLOUD}", link="https://acme.atlassian.net/jira")
JIRA_OF_TWO = JIRA.model_copy(update={"approvals": 2})
CONFLUENCE = Product(key="confluence", name="Confluence", resource=f"ari:cloud:confluence::site/{CLOUD}")


def request(status: RequestStatus = RequestStatus.PENDING, **changes: Any) -> AccessRequest:
    """Ada's request for Jira, filed two hours before NOW."""
    facts: dict[str, Any] = {
        "id": "r-ada",
        "person_id": "p-ada",
        "team_id": "T0ACME",
        "requester_slack_id": "U0ADA",
        "product": "jira",
        "reason": "Planning the autumn release with the mobile team",
        "status": status,
        "reason_code": None,
        "details": {},
        "version": 1,
        "filed_at": NOW - timedelta(hours=2),
        "expires_at": NOW + timedelta(days=7),
        "changed_at": NOW - timedelta(minutes=1),
        "card_channel": "G0ADMINS",
        "card_ts": "1.1",
        "card_version": 1,
    }
    if status not in _UNDECIDED:
        facts["approved_at"] = NOW - timedelta(minutes=2)
    return AccessRequest(**{**facts, **changes})


_UNDECIDED = frozenset({RequestStatus.PENDING, RequestStatus.DENIED, RequestStatus.CANCELLED, RequestStatus.EXPIRED})


def decision(verdict: Verdict = Verdict.APPROVE, *, reason: str | None = None, by: str = "grace") -> Decision:
    """Somebody's decision on Ada's request, Grace's if not said otherwise."""
    return Decision(
        id=f"d-{by}",
        request_id="r-ada",
        approver_person_id=f"p-{by}",
        approver_slack_id=f"U0{by.upper()}",
        verdict=verdict,
        reason=reason,
        decided_at=NOW - timedelta(minutes=2),
    )


def by_policy(**facts: str) -> PolicyApproval:
    """The approval of Ada's request by the policy of free returns."""
    return PolicyApproval(
        id="a-1",
        request_id="r-ada",
        round_number=1,
        policy=ReturnPolicy.FREE_RETURN,
        facts={"reclaim": "rec-1", "taken_on": "2026-11-20", "free_until": "2026-12-14"} | facts,
        decided_at=NOW - timedelta(minutes=2),
    )


def state(*levels: WayBack, **changes: Any) -> AccessState:
    """What was found about Ada: out of the licence group, last seen in spring."""
    facts: dict[str, Any] = {
        "way_back": levels[0] if levels else WayBack.ADD_ACCESS,
        "levels": levels or (WayBack.ADD_ACCESS,),
        "matches": 1,
        "account_id": "5b10a2844c20165700ede21g",
        "account_name": "Ada Park",
        "email": "ada.park@acme.example",
        "last_active": NOW - timedelta(days=240),
        "chosen_group": GroupRef(id="g-1", name="jira-users-acme", directory_id="dir-1"),
    }
    return AccessState(**{**facts, **changes})


def card_view(status: RequestStatus = RequestStatus.PENDING, **changes: Any) -> CardView:
    """The card of Ada's request; with `decision` that is all that was said."""
    if "decision" in changes:
        changes["decisions"] = (changes.pop("decision"),)
    facts = {name: changes.pop(name) for name in tuple(changes) if name in AccessRequest.__dataclass_fields__ and name != "product"}
    view: dict[str, Any] = {"request": request(status, **facts), "product": JIRA, "now": NOW, "state": state(), "seats_left": 14}
    return CardView(**{**view, **changes})


def words_of(message: Message) -> str:
    """All text that the blocks show, one piece a line."""
    return "\n".join(_texts(to_json(message.blocks)))


def _texts(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for child in node for text in _texts(child)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if isinstance(node.get("text"), str) else []
    return own + [text for child in node.values() for text in _texts(child)]


def buttons_of(message: Message) -> dict[str, str | None]:
    """Action ids of the message's buttons, and the values they carry."""
    found: dict[str, str | None] = {}

    def visit(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "button":
                found[node["action_id"]] = node.get("value")
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                visit(child)

    visit(to_json(message.blocks))
    return found
