"""What people said before the story begins, so that the workspace looks lived in."""

from __future__ import annotations

from sandbox.slack.workspace import Workspace

TALK: tuple[tuple[str, str, str], ...] = (
    ("C0GENERAL", "grace", "Morning all! We took back 123 Jira and Confluence seats that nobody had opened for months."),
    ("C0GENERAL", "grace", "Nothing is lost. If you need yours again, type `/request-jira` or `/request-confluence` right here."),
    ("C0GENERAL", "hugo", "So no more tickets to IT for that? :tada:"),
    ("C0GENERAL", "cleo", "Good timing, I'm back from leave next week and was dreading it."),
    ("C0RANDOM", "ben", "Who left the standing desk at its highest? I'm not *that* tall."),
    ("G0ADMINS", "omar", "Cards will show up here. Whoever is free takes them."),
    ("G0ADMINS", "grace", "Deal. A no always gets a reason, please."),
)


def break_the_silence(slack: Workspace) -> None:
    """Have the cast say it, oldest first."""
    for channel, who, text in TALK:
        slack.says(who, text, channel=channel)
