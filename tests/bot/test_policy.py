"""Who may ask and who may decide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.actor import SlackPerson
from bot.policy import STEPS_BEGUN, ApproverFacts, PersonKind, Profile, Refusal, may_ask, may_cancel, may_decide
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def profile(kind: PersonKind = PersonKind.MEMBER, *, email: str | None = "ada@acme.example", confirmed: bool | None = True) -> Profile:
    """Somebody as Slack describes them."""
    return Profile(slack_id="U0ADA", team_id="T0ACME", kind=kind, name="Ada", email=email, email_confirmed=confirmed)


def request(status: RequestStatus = RequestStatus.PENDING) -> AccessRequest:
    """Ada's request."""
    return AccessRequest(
        id="r1",
        person_id="p1",
        team_id="T0ACME",
        requester_slack_id="U0ADA",
        product="jira",
        reason="",
        status=status,
        reason_code=None,
        details={},
        version=1,
        filed_at=NOON,
        expires_at=NOON + timedelta(days=7),
        changed_at=NOON,
        card_channel=None,
        card_ts=None,
        card_version=None,
    )


def test_a_member_with_a_confirmed_address_may_ask() -> None:
    """The ordinary case has no obstacle."""
    assert may_ask(profile(), email_domains=()) is None
    assert may_ask(profile(confirmed=None), email_domains=("acme.example",)) is None


@pytest.mark.parametrize("kind", [kind for kind in PersonKind if kind is not PersonKind.MEMBER])
def test_only_members_may_ask(kind: PersonKind) -> None:
    """Every kind of account but a member's is refused, each by its own name; what Slack does not tell is refused too."""
    assert may_ask(profile(kind), email_domains=()) == Refusal(kind.value)


@pytest.mark.parametrize(
    ("person", "refusal"),
    [
        (profile(email=None), Refusal.NO_EMAIL),
        (profile(confirmed=False), Refusal.EMAIL_NOT_CONFIRMED),
        (profile(email="ada@elsewhere.example"), Refusal.EMAIL_DOMAIN),
        (profile(email="ada@acme.example.evil.example"), Refusal.EMAIL_DOMAIN),
    ],
)
def test_an_address_must_be_proven_and_ours(person: Profile, refusal: Refusal) -> None:
    """The address leads to the Atlassian account, so a foreign one would lead to somebody else's."""
    assert may_ask(person, email_domains=("acme.example",)) == refusal


def test_the_domain_is_what_stands_behind_the_last_at_sign() -> None:
    """A quoted name may hold an @ of its own: neither it nor what follows it makes somebody one of ours, or a stranger."""
    assert may_ask(profile(email='"ada@home"@acme.example'), email_domains=("acme.example",)) is None
    assert may_ask(profile(email='"ada@acme.example"@elsewhere.example'), email_domains=("acme.example",)) == Refusal.EMAIL_DOMAIN


def facts(*approvers: str, age: timedelta = timedelta(0)) -> ApproverFacts:
    """The approvers as read *age* ago."""
    return ApproverFacts(slack_ids=frozenset(approvers), read_at=NOON - age)


def test_approvers_decide_others_requests_only() -> None:
    """Four eyes, and only the right ones."""
    grace, ada = SlackPerson(team_id="T0ACME", slack_id="U0GRACE"), SlackPerson(team_id="T0ACME", slack_id="U0ADA")
    assert may_decide(grace, request=request(), approvers=facts("U0GRACE")) is None
    assert may_decide(grace, request=request(), approvers=facts("U0OMAR")) is Refusal.NOT_APPROVER
    assert may_decide(ada, request=request(), approvers=facts("U0ADA")) is Refusal.OWN_REQUEST


def test_facts_older_than_a_minute_are_not_fresh() -> None:
    """Somebody who lost the right a minute ago must not decide by what we remember."""
    assert facts(age=timedelta(seconds=60)).fresh(NOON)
    assert not facts(age=timedelta(seconds=61)).fresh(NOON)


@pytest.mark.parametrize("status", list(RequestStatus))
def test_a_request_is_taken_back_only_before_anything_was_done(status: RequestStatus) -> None:
    """Once the write is on its way, taking back would be a lie."""
    ada, ben = SlackPerson(team_id="T0ACME", slack_id="U0ADA"), SlackPerson(team_id="T0ACME", slack_id="U0BEN")
    early = {RequestStatus.PENDING, RequestStatus.APPROVED, RequestStatus.WAITING, RequestStatus.NEEDS_ATTENTION}
    assert may_cancel(ada, request=request(status)) is (status in early)
    assert not may_cancel(ada, request=replace(request(status), details={STEPS_BEGUN: "1"}))
    assert not may_cancel(ben, request=request(status))
