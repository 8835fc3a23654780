"""What Slack sends, written and signed without the sandbox and without the product: commands, clicks, submitted forms and events."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One delivery before it is signed."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Slack's side of one app: what it knows of it, and the secret that it signs with."""

    secret: str
    app_id: str
    team_id: str
    verification_token: str
    channel: str

    def command(self, user: str, text: str, *, trigger: str, command: str = "/request-jira") -> Letter:
        """Somebody typed *command* with *text*."""
        fields = {
            "token": self.verification_token,
            "team_id": self.team_id,
            "team_domain": "acme",
            "channel_id": self.channel,
            "channel_name": "general",
            "user_id": user,
            "user_name": user.lower(),
            "command": command,
            "text": text,
            "api_app_id": self.app_id,
            "is_enterprise_install": "false",
            "response_url": "https://hooks.invalid/commands/1",
            "trigger_id": trigger,
        }
        return Letter(content_type=FORM, body=urlencode(fields).encode())

    def click(self, user: str, action_id: str, value: str, *, trigger: str) -> Letter:
        """Somebody pressed a button of a message in the channel."""
        action = {"action_id": action_id, "block_id": "decide", "type": "button", "value": value, "action_ts": "1.1"}
        container = {"type": "message", "message_ts": "1.000001", "channel_id": self.channel, "is_ephemeral": False}
        facts = {"container": container, "channel": {"id": self.channel, "name": "admins"}, "trigger_id": trigger, "actions": [action]}
        return self._interaction(user, "block_actions", **facts, state={"values": {}})

    def submission(self, user: str, callback_id: str, subject: str, *, reason: str, trigger: str) -> Letter:
        """Somebody sent a form about *subject* with *reason* in it."""
        written = {"reason": {"reason": {"type": "plain_text_input", "value": reason}}}
        view = {
            "id": f"V{trigger}",
            "type": "modal",
            "callback_id": callback_id,
            "private_metadata": subject,
            "hash": "1.h",
            "state": {"values": written},
        }
        return self._interaction(user, "view_submission", view=view, trigger_id=trigger, response_urls=[])

    def home_opened(self, user: str, *, event_id: str) -> Letter:
        """Somebody opened the Home tab."""
        return self.event({"type": "app_home_opened", "user": user, "channel": "D0TORTURE", "tab": "home"}, event_id=event_id)

    def event(self, inner: Json, *, event_id: str) -> Letter:
        """Something happened in the workspace."""
        return as_json(
            {
                "token": self.verification_token,
                "team_id": self.team_id,
                "api_app_id": self.app_id,
                "event": inner,
                "type": "event_callback",
                "event_id": event_id,
                "event_time": 1,
            }
        )

    def sign(self, letter: Letter, *, at: float) -> list[tuple[bytes, bytes]]:
        """The headers of *letter*, signed as of *at* (seconds since 1970)."""
        timestamp = str(int(at))
        return [
            (b"Content-Type", letter.content_type.encode()),
            (b"X-Slack-Request-Timestamp", timestamp.encode()),
            (b"X-Slack-Signature", signature(self.secret, timestamp=timestamp, body=letter.body)),
        ]

    def seal(self, letter: Letter, *, at: float, extra: Mapping[bytes, bytes] | None = None) -> bytes:
        """The whole signed request as it goes over the wire."""
        return request([*self.sign(letter, at=at), *(extra or {}).items()], letter.body)

    def elsewhere(self, **facts: str) -> "Post":
        """The same with another app, team or secret."""
        return replace(self, **facts)

    def _interaction(self, user: str, kind: str, **facts: Any) -> Letter:
        payload = {
            "type": kind,
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": self.team_id},
            "api_app_id": self.app_id,
            "token": self.verification_token,
            "team": {"id": self.team_id, "domain": "acme"},
            "enterprise": None,
            "is_enterprise_install": False,
            **facts,
        }
        return as_payload(payload)


def as_json(body: Any) -> Letter:
    """A letter whose body is JSON."""
    return Letter(content_type=JSON, body=json.dumps(body).encode())


def as_payload(body: Any) -> Letter:
    """A letter that carries JSON in the field `payload` of a form."""
    return Letter(content_type=FORM, body=urlencode({"payload": json.dumps(body)}).encode())


def signature(secret: str, *, timestamp: str, body: bytes) -> bytes:
    """`v0=` and HMAC-SHA256 of `v0:timestamp:body`: https://docs.slack.dev/authentication/verifying-requests-from-slack , 2026-11-29."""
    return b"v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest().encode()


def request(headers: list[tuple[bytes, bytes]], body: bytes, *, method: bytes = b"POST", path: bytes = b"/slack/events") -> bytes:
    """The bytes of an HTTP request with exactly these headers, and a Content-Length where they name neither a length nor an encoding."""
    named = {name.lower() for name, _ in headers}
    length = [] if named & {b"content-length", b"transfer-encoding"} else [(b"Content-Length", str(len(body)).encode())]
    lines = [method + b" " + path + b" HTTP/1.1", b"Host: comeback", *(name + b": " + value for name, value in (*headers, *length))]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
