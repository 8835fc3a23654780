"""Invitations: new people, and people who come back, with products and groups."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import stable_id
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.organization import Organization
from sandbox.atlassian.roles import granting_facts, licensed

MOST_EMAILS = 25
OWN_DOMAIN = "acme.example"
FULL = ("ADMIN-409-3", "ADMIN-UAM-409-3")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What every address of one call is to get: (ARI, role) pairs and group ids."""

    emails: tuple[str, ...]
    rules: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one address; a reason per role and group, None where it was given."""

    account_id: str
    email: str
    roles: tuple[tuple[str, str, str | None], ...]
    groups: tuple[tuple[str, str | None], ...]

    @property
    def reasons(self) -> list[str | None]:
        """One entry per thing asked for."""
        return [reason for *_, reason in (*self.roles, *self.groups)]


def invite(organization: Organization, invitation: Invitation) -> list[Outcome]:
    """One outcome per address; raises Refusal for bad or too many addresses, an unpaid organization, and 409 when nothing fits."""
    if not invitation.emails or len(invitation.emails) > MOST_EMAILS:
        raise Refusal("ADMIN-400-24", detail=f"emails must hold 1 to {MOST_EMAILS} addresses")
    if bad := [email for email in invitation.emails if not _EMAIL.fullmatch(email)]:
        raise Refusal("ADMIN-400-24", detail=f"{len(bad)} invalid e-mail address(es)")
    if organization.behaviour.unpaid:
        raise Refusal("ADMIN-UAM-402-1")
    outcomes = [_invite_one(organization, email, invitation=invitation) for email in invitation.emails]
    reasons = [reason for outcome in outcomes for reason in outcome.reasons]
    if reasons and all(reason in FULL for reason in reasons):
        raise Refusal("ADMIN-UAM-409-3")
    return outcomes


def accept(organization: Organization, account: Account) -> Account:
    """The invited person signs in: from now on searches show them."""
    return organization.change(account, act="invitation.accept", by="person", pending_since=None, email_verified=True)


def _invite_one(organization: Organization, email: str, *, invitation: Invitation) -> Outcome:
    account, is_new = _invitee(organization, email)
    before = account
    roles, groups = [], []
    for ari, role in invitation.rules:
        account, reason = _try_role(organization, account, ari=ari, role=role)
        roles.append((ari, role, reason))
    for group_id in invitation.groups:
        account, reason = _try_group(organization, account, group_id=group_id)
        groups.append((group_id, reason))
    outcome = Outcome(account_id=account.id, email=email, roles=tuple(roles), groups=tuple(groups))
    if not outcome.reasons or None in outcome.reasons:
        _keep(organization, before, after=account, is_new=is_new)
    return outcome


def _keep(organization: Organization, before: Account, *, after: Account, is_new: bool) -> None:
    if is_new:
        organization.join(after, act="invitation.send")
    else:
        organization.change(before, act="invitation.send", directories=after.directories, groups=after.groups, roles=after.roles)


def _invitee(organization: Organization, email: str) -> tuple[Account, bool]:
    """The living account of *email*, back in a directory when it was removed, or a new one that waits for its person."""
    home = organization.catalog.directory_named("acme").id
    known = next((account for account in organization.register.with_email(email) if not account.closed), None)
    if known is not None:
        return replace(known, directories=known.directories or {home: False}), False
    now = organization.clock.now()
    number = len(organization.register.accounts)
    local = email.partition("@")[0]
    return Account(
        id=f"712020:{stable_id(f'invited:{number}:{email.lower()}')}",
        key=organization.key_by_email.get(email.lower(), f"invited-{number}"),
        name=local.replace(".", " ").title(),
        email=email,
        email_verified=False,
        managed=email.lower().endswith(f"@{OWN_DOMAIN}"),
        pending_since=now,
        added_at=now,
        directories={home: False},
    ), True


def _try_role(organization: Organization, account: Account, *, ari: str, role: str) -> tuple[Account, str | None]:
    try:
        product = licensed(organization, role=role, resource=ari)
    except Refusal as refusal:
        return account, refusal.code
    return _try(organization, account, granting_facts(organization, account, product=product, role=role))


def _try_group(organization: Organization, account: Account, *, group_id: str) -> tuple[Account, str | None]:
    group = organization.catalog.groups.get(group_id)
    if group is None:
        return account, "ADMIN-404-10"
    if group.external:
        return account, "ADMIN-403-5"
    if group.directory not in account.directories:
        return account, "ADMIN-UAM-404-1"
    return _try(organization, account, {"groups": account.groups | {group_id}})


def _try(organization: Organization, account: Account, facts: dict[str, Any]) -> tuple[Account, str | None]:
    if account.email.lower() in organization.behaviour.invite_errors:
        return account, "ADMIN-UAM-400-1"
    if account.account_status != "active":
        return account, "ADMIN-UAM-400-2"
    after = replace(account, **facts)
    try:
        organization.need_seats(organization.register.billed(after) - organization.register.billed(account), code="ADMIN-409-3")
    except Refusal as refusal:
        return account, refusal.code
    return after, None


def any_failed(outcomes: Sequence[Outcome]) -> bool:
    """Whether anything that was asked for was not given."""
    return any(reason for outcome in outcomes for reason in outcome.reasons)
