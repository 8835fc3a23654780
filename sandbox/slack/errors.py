"""
How Slack says no.

SlackError
`-- NotPossible   a virtual person tried what the Slack client would not offer (a click on a button that is not there)
"""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """
    An answer with `ok: false`: caught by the Web API's dispatch and by the response_url handler, which turn it into the body.

    `fields` are added to the body (`needed`, `response_metadata`); `status` is 200 for all but rate limits and faults.
    """

    def __init__(self, code: str, *, status: int = 200, headers: dict[str, str] | None = None, **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.headers = headers or {}
        self.fields = fields

    @property
    def body(self) -> dict[str, Any]:
        """The JSON that the client reads."""
        return {"ok": False, "error": self.code, **self.fields}


class NotPossible(Exception):
    """The Slack client of a person would not let them do this; tests and the page read the sentence."""


def with_findings(code: str, findings: list[str]) -> SlackError:
    """The refusal that carries Block Kit findings as Slack does: prefixed in `response_metadata.messages`, bare in `errors`."""
    return SlackError(code, errors=findings, response_metadata={"messages": [f"[ERROR] {line}" for line in findings]})


def invalid_arguments(*messages: str) -> SlackError:
    """`invalid_arguments` with one `[ERROR]` line for each message."""
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {line}" for line in messages]})
