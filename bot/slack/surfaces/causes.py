"""Why exactly a request needs somebody: a sentence with what to do for each machine reason, where its code alone says too little."""

from collections.abc import Mapping

from bot.approval import Objection
from bot.slack.surfaces.markup import listed, quoted
from storage.records import AccessRequest

_THEN = "then try again."
_UNCLEAR = "It isn't clear which Atlassian account is {requester}'s: "
_LINK = (
    "The id is the end of the address of a person's page under *admin.atlassian.com → Directory → Users*. Link the right one below, or "
    "with `comeback people link {slack_id}=ACCOUNT_ID` and *Try again*."
)
_BY_THEIR_OWNER = "Only its owner may reactivate {requester}'s account: they can ask Atlassian Support. Try again when that is done."
_BY_HAND = "Another organization admin can do it in admin.atlassian.com; " + _THEN

OWNED_ELSEWHERE: Mapping[str, str] = {
    "externalDirectory.scim": "Your identity provider has deactivated {requester}'s account. Reactivate them there, " + _THEN,
    "externalDirectory.google": "Google Workspace has deactivated {requester}'s account. Reactivate them in Google's console, " + _THEN,
    "authPolicy.saml": (
        "Single sign-on decides about {requester}'s account. Reactivate them in your identity provider, or change their policy under "
        "*admin.atlassian.com → Security → Authentication policies*, " + _THEN
    ),
    "blocked.exportControl": (
        "Atlassian blocks {requester}'s account under export control, and nobody here can lift that. Ask Atlassian Support, or close "
        "the request."
    ),
    "administrative": "Our API key may not reactivate {requester}'s account. " + _BY_HAND,
    "administrative.notMyself": "{requester}'s account is the one that made our API key, and nobody reactivates themselves. " + _BY_HAND,
    "not_allowed": "Atlassian doesn't let our API key reactivate {requester}'s account, and doesn't say why. " + _BY_HAND,
    "managedAccount": (
        "Another organization manages {requester}'s account. An admin of whoever owns their e-mail's domain can reactivate it; " + _THEN
    ),
    "myselfOnly": _BY_THEIR_OWNER,
    "unmanaged_account": _BY_THEIR_OWNER,
    "no_modifiable_group": (
        "Every group that gives {product} belongs to your identity provider. Add {requester} there to {groups}, " + _THEN
    ),
    "group_not_manageable": "{group} is managed outside of Atlassian. Add {requester} to it where it is managed, " + _THEN,
}

AMBIGUOUS: Mapping[str, str] = {
    "several_accounts": _UNCLEAR + "{accounts} have {email}. " + _LINK,
    "account_taken": (
        _UNCLEAR + "the one with their e-mail is linked to somebody else here. `comeback people unlink` takes a wrong link back. " + _LINK
    ),
    "account_not_found": _UNCLEAR + "the one that they were linked to is gone. " + _LINK,
    "email_mismatch": _UNCLEAR + "the linked one has another e-mail. " + _LINK,
    "email_unknown": _UNCLEAR + "I found no e-mail to invite. " + _LINK,
    "directory_unknown": (
        "{requester} is suspended, but Atlassian doesn't say in which directory. Restore their access in admin.atlassian.com, " + _THEN
    ),
    "unknown_status": "{requester}'s account is in a state that I don't know. Look at it in admin.atlassian.com, " + _THEN,
}

_WHY_NOT_BY_POLICY: Mapping[Objection, str] = {
    Objection.TURNED_OFF: "the policy was turned off",
    Objection.NOT_TAKEN: "I don't hold anything of their seat any more",
    Objection.LONG_AGO: "it is more than a year since I took the seat",
    Objection.NOT_LINKED: "{requester} isn't linked to an account any more",
    Objection.SEVERAL_ACCOUNTS: "it isn't clear any more which account is theirs",
    Objection.ANOTHER_ACCOUNT: "{requester} is linked to another account by now",
    Objection.LINKED_SINCE: "{requester} was linked to the account only after the seat was taken, or for this request",
    Objection.FROM_ANOTHER: "somebody else was warned before I took the seat",
    Objection.EMAIL_CHANGED: "their e-mail address has changed",
    Objection.ACCOUNT_OFF: "their account needs more than the seat by now",
    Objection.ADMINISTERS: "it would bring administration back",
    Objection.NOT_AS_IT_WAS: "not all that I took can be put back any more",
    Objection.BRINGS_MORE: "more would come along than I took",
    Objection.DENIED_SINCE: "they were denied {product} in the meantime",
    Objection.DAILY_CAP: "today's limit of grants is reached",
    Objection.COSTS: "the return isn't free any more",
}

POLICY_ENDED: Mapping[str, str] = {
    objection.value: f"A policy had approved this return, but {why}. So I stopped. *Approve* it, or close it."
    for objection, why in _WHY_NOT_BY_POLICY.items()
}

NOT_ABOUT_WHOSE = frozenset({"directory_unknown", "unknown_status"})
"""Ambiguous, though it is clear whose account it is."""

_BY_CODE: Mapping[str, Mapping[str, str]] = {"owned_elsewhere": OWNED_ELSEWHERE, "ambiguous": AMBIGUOUS, "policy_ended": POLICY_ENDED}


def sentence(request: AccessRequest) -> str | None:
    """The template of *request*'s own sentence; None when its machine reason is unknown, or its code says enough."""
    reason = request.details.get("reason")
    return _BY_CODE.get(request.reason_code or "", {}).get(reason) if isinstance(reason, str) else None


def groups(request: AccessRequest) -> str:
    """The groups to choose from (the request's detail `groups`, names with ", " between), or what they have in common."""
    named = request.details.get("groups")
    names = [name for name in named.split(", ") if name] if isinstance(named, str) else []
    if not names:
        return "a group that gives it"
    ticked = [f"`{quoted(name, longest=60)}`" for name in names]
    return ticked[0] if len(ticked) == 1 else f"one of {listed(ticked)}"
