"""
PURE: what a mail says, in plain text, to somebody who can't be asked in Slack.

Nothing that a person wrote is in it, not even their name: only the product, its site, dates, and whom the settings name for questions.
"""

from dataclasses import dataclass
from datetime import date

ADMINISTRATORS = "your Atlassian administrators"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A subject, which is one line, and a text."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Whose mail it is, which tells it from a stranger's: the site, whom to write to, the Slack workspace; None is not known."""

    site: str | None = None
    contact: str | None = None
    workspace: str | None = None


def warning_letter(*, product: str, last_used: date | None, plan_on: date, house: House) -> Letter:
    """Asks whether the seat is still needed; *last_used* None is never, *plan_on* is the day from which an admin may be asked."""
    used = f"was last used on {_day(last_used)}" if last_used else "has never been used, as far as Atlassian tells"
    in_slack = f"\n- If you join {house.workspace} in Slack, you can ask for {product} there at any time." if house.workspace else ""
    text = f"""Hello,

You have a {product} seat{_on(house)} that {used}.

From {_day(plan_on)} on, an administrator may be asked whether the seat is to be given to somebody else. Only the seat would go: your \
account and everything you wrote in {product} stay as they are.

If you want to keep it:
- Use {product} once before {_day(plan_on)}. That is all, and nobody will be asked.
- Or write to {house.contact or ADMINISTRATORS}.{in_slack}

If you don't need it any more, there is nothing to do.

This message was sent automatically by Comeback, which looks after Atlassian seats.
"""
    return Letter(subject=f"Do you still need {product}?", text=text)


def taken_letter(*, product: str, taken_on: date, house: House) -> Letter:
    """Tells that the seat was taken, and how it comes back."""
    in_slack = f", or ask in {house.workspace} in Slack" if house.workspace else ""
    text = f"""Hello,

Your {product} seat{_on(house)} was freed on {_day(taken_on)}, as it had not been used for a long time.

Your account and everything you wrote in {product} are still there. To get the seat back, write to \
{house.contact or ADMINISTRATORS}{in_slack}.

This message was sent automatically by Comeback, which looks after Atlassian seats.
"""
    return Letter(subject=f"Your {product} seat was freed", text=text)


def _on(house: House) -> str:
    return f" on {house.site}" if house.site else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
