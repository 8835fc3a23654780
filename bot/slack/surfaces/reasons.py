"""Why a request waits, needs somebody or was closed: for the approvers on the card, and for the person in their message."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.codes import Attention
from bot.slack.surfaces import causes
from bot.slack.surfaces.markup import quoted
from storage.records import AccessRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One cause, as the approvers read it (with what to do next) and as the person does."""

    admins: str
    person: str


_KEY = "Atlassian refuses our key at the moment."

ATTENTION: Mapping[str, Reason] = {
    "owned_elsewhere": Reason(
        admins=(
            "An identity provider owns what would have to change ({reason}). Give {requester} access to {product} there, then try again."
        ),
        person="Your access is managed outside of Atlassian, so an admin has to change it there.",
    ),
    "ambiguous": Reason(
        admins=(
            "It isn't clear which Atlassian account is {requester}'s. Find out, then link it below, or with "
            "`comeback people link {slack_id}=ACCOUNT_ID` and *Try again*."
        ),
        person="It isn't clear which Atlassian account is yours, and an admin has to say.",
    ),
    "unreachable_too_long": Reason(
        admins="Atlassian couldn't be reached for a day. Have a look at https://status.atlassian.com, then try again.",
        person="Atlassian couldn't be reached for quite a while.",
    ),
    "not_seen": Reason(
        admins=(
            "The change was accepted, but doesn't show in what Atlassian answers. Look at the person in "
            "admin.atlassian.com, then try again: that looks before it changes anything."
        ),
        person="The change was made, but doesn't show yet.",
    ),
    "refused_by_atlassian": Reason(
        admins="Atlassian refused the change ({code}). Look at the person in admin.atlassian.com; when that is put right, try again.",
        person="Atlassian refused the change.",
    ),
    "approver_gone": Reason(
        admins=(
            "{approver} approved this, but isn't an approver any more. Nothing was changed. *Approve* it anew; or close it, "
            "and let {requester} ask again if they still need it."
        ),
        person="Your request has to be looked at once more.",
    ),
    "approvals_missing": Reason(
        admins="{product} needs more approvals by now than this request has. Nothing was changed. *Approve* it too.",
        person="Your request needs another approval.",
    ),
    "policy_ended": Reason(
        admins="A policy had approved this, and doesn't any more ({reason}). Nothing was changed. *Approve* it, or close it.",
        person="Your request has to be looked at once more.",
    ),
    "email_mismatch": Reason(
        admins=(
            "{requester}'s e-mail in Slack no longer matches the Atlassian account they are linked to. Make sure that it "
            "is the same person, then link the account below, or with `comeback people link {slack_id}=ACCOUNT_ID` and *Try again*."
        ),
        person="Your e-mail address has changed, and an admin has to confirm that the account is yours.",
    ),
    "requester_refused": Reason(
        admins=(
            "Slack no longer says that {requester} is a member in good standing ({reason}). Nothing was changed. Close it "
            "unless you know better."
        ),
        person="Your Slack account has changed since you asked.",
    ),
    "invitation_failed": Reason(
        admins=(
            "Atlassian didn't take the invitation, or not all of it ({code}). Look at the person in admin.atlassian.com, then try again."
        ),
        person="Atlassian didn't take the invitation.",
    ),
    "invitation_unknown": Reason(
        admins=(
            "The answer to the invitation got lost, and nobody can read whether it was sent. Ask {requester} whether Atlassian's e-mail "
            "came: if not, *Try again* sends it."
        ),
        person="I can't tell whether Atlassian's invitation reached you: if its e-mail came, accept it.",
    ),
    "accept_invitation": Reason(
        admins=(
            "{requester} was invited already and hasn't accepted. They find Atlassian's e-mail in their inbox; it can be "
            "sent again in admin.atlassian.com."
        ),
        person="You were invited to {product} already: look for Atlassian's e-mail and accept it.",
    ),
    "account_closed": Reason(
        admins=(
            "{requester}'s Atlassian account was closed for good, and neither I nor an admin can bring it back. An admin can invite "
            "them as a new person in admin.atlassian.com, with another e-mail address, then link that account here."
        ),
        person="Your Atlassian account was closed, and an admin has to say whether you get a new one.",
    ),
    "no_way_back": Reason(
        admins=(
            "I found no step of mine that would give {product} back. Put it right in admin.atlassian.com, then try again: "
            "that looks afresh."
        ),
        person="Your account needs an admin's hand.",
    ),
    "revives_admin": Reason(
        admins=(
            "What would bring {requester} back also revives an administering role of theirs. That needs a person: restore them in "
            "admin.atlassian.com, or take the role away there, then try again."
        ),
        person="Your account needs an admin's hand.",
    ),
    "more_than_agreed": Reason(
        admins=(
            "What {requester} needs is no longer what the card said when it was approved: more is to be mended, more comes with it, or it "
            "is about another account. So I stopped. What it is now stands below: *Approve* agrees to that."
        ),
        person="Your account needs more than was approved.",
    ),
    "way_back_off": Reason(
        admins=(
            "What this account needs is not among the ways back that you allow (`COMEBACK_WAYS_BACK`). Put it right by "
            "hand, then try again."
        ),
        person="Your account needs an admin's hand.",
    ),
    "product_gone": Reason(
        admins="{product} isn't among the products in the settings any more. Put it back and try again, or close the request.",
        person="{product} isn't on offer any more.",
    ),
    "other": Reason(
        admins=(
            "Something came up that I can't settle ({code}). Look at the person in admin.atlassian.com, then try again or "
            "close the request."
        ),
        person="Something came up that an admin has to look at.",
    ),
}

_WHOSE_ACCOUNT = frozenset({Attention.AMBIGUOUS.value, Attention.EMAIL_MISMATCH.value, Attention.ACCOUNT_CLOSED.value})

WAITING: Mapping[str, Reason] = {
    "seats_exhausted": Reason(
        admins="Approved, but {product} has no seat left. {place}It goes on by itself when a seat frees.",
        person="{product} has no free seat right now. {place}",
    ),
    "daily_cap": Reason(admins="Today's limit of grants is reached. It goes on by itself.", person="Today's limit of grants is reached."),
    "key_rejected": Reason(admins="Atlassian doesn't accept our API key. It goes on by itself once a new one is set.", person=_KEY),
    "not_permitted": Reason(admins="Our API key may not do this. It goes on by itself once a fitting one is set.", person=_KEY),
    "unreachable": Reason(
        admins="Atlassian can't be reached just now. It goes on by itself.", person="Atlassian can't be reached just now."
    ),
    "other": Reason(admins="It goes on by itself.", person="Something has to settle first."),
}

CLOSED: Mapping[str, str] = {
    "already_has_access": "has {product} already, and was told so with the link",
    "guest": "is a guest in Slack",
    "stranger": "belongs to another company's workspace",
    "bot": "is an app, not a person",
    "deactivated": "is deactivated in Slack",
    "unknown": "is somebody Slack doesn't describe clearly enough",
    "no_email": "has no e-mail address in Slack",
    "email_not_confirmed": "has not confirmed their e-mail address in Slack",
    "email_domain": "has an e-mail address of another domain",
    "product_gone": "asked for a product that isn't on offer any more",
    "by_admin": "was told that an admin closed the request",
    "other": "could not be helped this way",
}


def for_admins(table: Mapping[str, Reason], request: AccessRequest, facts: Mapping[str, str]) -> str:
    """What the approvers read about *request*'s reason; an unknown code is told as "other" and named."""
    return _fill(causes.sentence(request) or _pick(table, request).admins, request, facts)


def for_person(table: Mapping[str, Reason], request: AccessRequest, facts: Mapping[str, str]) -> str:
    """What the person reads about it."""
    return _fill(_pick(table, request).person, request, facts)


_UNKNOWN: Mapping[str, str] = {"accounts": "More than one account", "email": "their address", "group": "The group that gives it"}
"""What stands in for a fact that nobody looked up."""


def is_about_whose_account(request: AccessRequest) -> bool:
    """Whether *request* is settled by naming the right account."""
    elsewhere = request.details.get("reason") in causes.NOT_ABOUT_WHOSE
    return request.reason_code in _WHOSE_ACCOUNT and not elsewhere


def why_closed(request: AccessRequest, facts: Mapping[str, str]) -> str:
    """What follows the person's name on a closed card."""
    return CLOSED.get(request.reason_code or "other", CLOSED["other"]).format_map(facts)


def _pick(table: Mapping[str, Reason], request: AccessRequest) -> Reason:
    return table.get(request.reason_code or "other") or table["other"]


def _fill(template: str, request: AccessRequest, facts: Mapping[str, str]) -> str:
    code = request.details.get("code") or request.reason_code
    reason = request.details.get("reason")
    own = {
        "slack_id": quoted(request.requester_slack_id),
        "groups": causes.groups(request),
        "code": _code(code) or "no code given",
        "reason": _code(reason) or "it did not say why",
    }
    return template.format_map({**_UNKNOWN, **facts, **own})


def _code(text: object) -> str:
    return f"`{quoted(str(text), longest=80)}`" if text else ""
