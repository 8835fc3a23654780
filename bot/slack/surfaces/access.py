"""What was found about somebody's access, in plain words for the approvers."""

from collections.abc import Mapping
from datetime import datetime

from atlassian.access import AccessState, WayBack
from bot.billing import Money
from bot.slack.surfaces.brought_back import administration, seats_and_groups, thing
from bot.slack.surfaces.costs import priced
from bot.slack.surfaces.markup import day, link, listed, quoted, span

LONGEST_NAME = 60
"""Escaping can make five characters of one, and a field of a card takes 2,000."""

_WRONG: Mapping[WayBack, str] = {
    WayBack.HAS_ACCESS: "Nothing: has {product} already",
    WayBack.ADD_ACCESS: "In no group that gives {product}",
    WayBack.RESTORE: "Suspended in the organization",
    WayBack.ENABLE: "Account deactivated",
    WayBack.CANCEL_DELETION: "Account about to be deleted",
    WayBack.INVITE: "Not in the organization",
    WayBack.ACCOUNT_CLOSED: "Account closed for good",
    WayBack.OWNED_ELSEWHERE: "Managed by an identity provider",
    WayBack.AMBIGUOUS: "Not clear who this is in Atlassian",
    WayBack.ACCEPT_INVITATION: "Invited, but has not accepted yet",
}

_IDENTITY_PROVIDER = "An identity provider decides here: give {product} there"

_BECAUSE: Mapping[str, str] = {
    "other_directory": "Has an account, but is not in this product's directory",
    "revives_admin": "What brings them back would revive an administering role",
    "several_accounts": "More than one account has this e-mail",
    "account_not_found": "The linked account is gone",
    "email_mismatch": "The linked account has another e-mail",
    "email_unknown": "No e-mail to invite",
    "unknown_status": "Account in a state that I don't know",
    "directory_unknown": "Suspended, but Atlassian doesn't say where",
    "unmanaged_account": "Deactivated, and only its owner can change that",
    "no_modifiable_group": "Every group that gives {product} belongs to an identity provider",
    "blocked.exportControl": "Blocked by Atlassian under export control",
    "administrative": "Deactivated, and our key may not change that",
    "administrative.notMyself": "Deactivated, and our key belongs to this account",
    "not_allowed": "Deactivated, and our key may not change that",
    "myselfOnly": "Deactivated, and only its owner can change that",
    "managedAccount": "Deactivated, and managed by another organization",
    "authPolicy.saml": "Deactivated, and single sign-on decides about it",
}

_OWNERS: Mapping[str, str] = {
    "unmanaged_account": "Only the account's owner decides here",
    "myselfOnly": "Only the account's owner decides here",
    "blocked.exportControl": "Atlassian's export control decides here",
    "administrative": "Another organization admin decides here",
    "administrative.notMyself": "Another organization admin decides here",
    "not_allowed": "Another organization admin decides here",
    "managedAccount": "Another organization decides here",
    "externalDirectory.scim": _IDENTITY_PROVIDER,
    "externalDirectory.google": _IDENTITY_PROVIDER,
    "authPolicy.saml": _IDENTITY_PROVIDER,
    "no_modifiable_group": _IDENTITY_PROVIDER,
}

_MENDING: Mapping[WayBack, str] = {
    WayBack.ADD_ACCESS: "Adds to `{group}`",
    WayBack.RESTORE: "Lifts the suspension",
    WayBack.ENABLE: "Reactivates the account",
    WayBack.CANCEL_DELETION: "Stops the deletion",
    WayBack.INVITE: "Invites {email}",
}

_DONE: Mapping[WayBack, str] = {
    WayBack.ADD_ACCESS: "Added to `{group}`",
    WayBack.RESTORE: "Suspension lifted",
    WayBack.ENABLE: "Account reactivated",
    WayBack.CANCEL_DELETION: "Deletion stopped",
    WayBack.INVITE: "Invitation sent to {email}",
}


def what_is_wrong(state: AccessState, *, product: str) -> str:
    """Each level that stands between the person and the product, outermost first."""
    because = _BECAUSE.get(state.reason or "")
    if because:
        return because.format(product=quoted(product))
    return _in_a_row([_WRONG[level].format(product=quoted(product)) for level in _levels(state)])


def _levels(state: AccessState) -> tuple[WayBack, ...]:
    return tuple(dict.fromkeys(state.levels)) or (state.way_back,)


def _in_a_row(phrases: list[str]) -> str:
    return ", ".join([phrases[0], *(phrase[0].lower() + phrase[1:] for phrase in phrases[1:])])


def what_approving_does(state: AccessState, *, putting_back: str | None = None) -> str | None:
    """What one click sets in motion, *putting_back* being what a snapshot adds; None when nothing that Comeback does would help."""
    return _steps(state, _MENDING, putting_back)


def what_was_done(state: AccessState, *, put_back: str | None = None) -> str | None:
    """The same, when it has been done."""
    return _steps(state, _DONE, put_back)


def _steps(state: AccessState, words: Mapping[WayBack, str], snapshot: str | None) -> str | None:
    replaced = {WayBack.ADD_ACCESS} if snapshot else set()
    steps = [_step(level, state, words) for level in _levels(state) if level in words and level not in replaced]
    if snapshot:
        steps.append(snapshot)
    return _in_a_row(steps) if steps else None


def _step(level: WayBack, state: AccessState, words: Mapping[WayBack, str]) -> str:
    if level is WayBack.ADD_ACCESS and state.chosen_group is None:
        return "Gives the product's role directly" if words is _MENDING else "Given the product's role directly"
    group = quoted(state.chosen_group.name, longest=LONGEST_NAME) if state.chosen_group else ""
    return words[level].format(group=group, email=quoted(state.email or "the address in Slack", longest=LONGEST_NAME))


def account(state: AccessState | None, *, link_to: str | None = None) -> str:
    """The e-mail that was searched for, and the account that it led to."""
    if state is None:
        return "Not looked up yet"
    email = quoted(state.email or "", longest=LONGEST_NAME) or "No e-mail"
    if state.account_id is None:
        return f"{email}\n_{f'{state.matches} accounts' if state.matches > 1 else 'no account found'}_"
    name = quoted(state.account_name or "", longest=LONGEST_NAME) or "unnamed account"
    return f"{email}\n{link(link_to, name) if link_to else name}"


def last_active(state: AccessState | None, now: datetime) -> str:
    """When the person last used the product; Atlassian's answer lags by up to a day, and an unknown date is not "never"."""
    if state is None or state.last_active is None:
        return "Unknown"
    return f"{day(state.last_active)} ({span(now - state.last_active)} ago)"


def warnings(state: AccessState, *, product: str, names: Mapping[str, str], prices: Mapping[str, Money]) -> tuple[str, ...]:
    """What an approver should know before the click; *names* and *prices* (of one seat a month) are the products' by resource id."""
    return tuple(line for line in _warnings(state, quoted(product), names, prices) if line)


def alarm(state: AccessState, *, names: Mapping[str, str]) -> str | None:
    """The administration that comes back too, which nobody may miss; None where there is none."""
    roles = listed([thing(one, names) for one in administration(state.brings_back)])
    return f"⚠️  *Administration comes back with it:* {roles}\nApprove only if they should have that too." if roles else None


def _warnings(state: AccessState, product: str, names: Mapping[str, str], prices: Mapping[str, Money]) -> tuple[str | None, ...]:
    back = listed([thing(one, names) for one in seats_and_groups(state.brings_back)])
    side = listed(priced(state.side_products, names=names, prices=prices))
    no_account = state.way_back is WayBack.INVITE and state.account_id is None
    return (
        f"↩️ Also brings back {back}" if back else None,
        f"🧩 The same group also gives {side}, with a seat of its own" if side else None,
        f"🔒 {_owner(state.reason, product)}" if state.way_back is WayBack.OWNED_ELSEWHERE else None,
        f"👥 {state.matches} accounts match: link the right one" if state.matches > 1 else None,
        "✉️ An account under another address? Then link it instead" if no_account else None,
    )


def _owner(reason: str | None, product: str) -> str:
    known = _OWNERS.get(reason or "", _IDENTITY_PROVIDER).format(product=product)
    return known if reason is None or reason in _OWNERS else f"{known} (`{quoted(reason, longest=LONGEST_NAME)}`)"
