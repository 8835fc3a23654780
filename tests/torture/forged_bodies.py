"""Requests that are rightly signed, and not for us, too old, too new, or nothing that Slack sends; and what is no proper HTTP."""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.torture.forger import Forger, Forgery, spent
from tests.torture.letters import FORM, JSON, Letter, as_json, as_payload, request


def _from(**facts: str) -> Forgery:
    def forge_it(forger: Forger) -> bytes:
        return request(*forger.signed(forger.letter(forger.post.elsewhere(**facts))))

    return forge_it


def _person_from_elsewhere(forger: Forger) -> bytes:
    """A click of somebody whose home is another workspace, made in ours."""
    letter = forger.post.click(
        forger.approver, "request.approve", forger.chance.choice(forger.pending), trigger=f"home.{forger.chance.random()}"
    )
    payload = json.loads(parse_qs(letter.body.decode())["payload"][0])
    payload["user"]["team_id"] = "T0PARTNER"
    return request(*forger.signed(as_payload(payload)))


def _at(*moments: float) -> Forgery:
    def forge_it(forger: Forger) -> bytes:
        return request(*forger.signed(at=forger.now + forger.chance.choice(moments)))

    return forge_it


def _bodies(*letters: Letter) -> Forgery:
    def forge_it(forger: Forger) -> bytes:
        return request(*forger.signed(forger.chance.choice(letters)))

    return forge_it


def _broken_payload(forger: Forger) -> bytes:
    """A letter of ours in which one field is missing or of another kind."""
    number = forger.chance.random()
    letter = forger.post.click(forger.approver, "request.approve", forger.chance.choice(forger.pending), trigger=f"broken.{number}")
    payload = json.loads(parse_qs(letter.body.decode())["payload"][0])
    field_name = forger.chance.choice(("trigger_id", "user", "api_app_id", "actions", "type"))
    wrong = forger.chance.choice(_WRONG)
    if forger.chance.random() < 0.3:
        del payload[field_name]
    else:
        payload[field_name] = wrong
    return request(*forger.signed(as_payload(payload)))


def _broken_event(forger: Forger) -> bytes:
    """An event in which one field is missing or of another kind."""
    letter = forger.post.home_opened(forger.approver, event_id=f"EvBroken{forger.chance.random()}")
    body = json.loads(letter.body)
    field_name = forger.chance.choice(("event_id", "event", "api_app_id", "team_id", "type"))
    wrong = forger.chance.choice(_WRONG)
    if forger.chance.random() < 0.3:
        del body[field_name]
    else:
        body[field_name] = wrong
    return request(*forger.signed(as_json(body)))


def _unknown_things(forger: Forger) -> bytes:
    """A command, a button, a form or an event that we do not have."""
    number, post = forger.chance.getrandbits(60), forger.post
    return request(
        *forger.signed(
            forger.chance.choice(
                (
                    post.command("U0F1", "please", trigger=f"unknown.{number}", command="/request-everything"),
                    post.click("U0OMAR", "request.everything", "x", trigger=f"unknown.{number}"),
                    post.submission("U0OMAR", "request.everything", "x", reason="y", trigger=f"unknown.{number}"),
                    post.event({"type": "everything", "user": "U0OMAR"}, event_id=f"EvUnknown{number}"),
                )
            )
        )
    )


def _spent_as(content_type: str) -> Forgery:
    """A letter that was delivered before, under another content type: the type is not signed, so anybody may change it."""

    def forge_it(forger: Forger) -> bytes:
        letter = spent(forger.post, forger.approver)
        return request(forger.post.sign(replace(letter, content_type=content_type), at=forger.now), letter.body)

    return forge_it


def _encoded(encoding: bytes, pack: Callable[[bytes], bytes]) -> Forgery:
    """A body that says it is packed; signed as it travels."""

    def forge_it(forger: Forger) -> bytes:
        letter = replace(forger.letter(), content_type=FORM)
        packed = pack(letter.body)
        return request([*forger.post.sign(replace(letter, body=packed), at=forger.now), (b"Content-Encoding", encoding)], packed)

    return forge_it


def _huge(forger: Forger) -> bytes:
    body = b"text=" + b"x" * (1_100_000 + forger.chance.randrange(100_000))
    return request(*forger.signed(Letter(content_type=FORM, body=body)))


def _headers(*changes: tuple[bytes, bytes]) -> Forgery:
    def forge_it(forger: Forger) -> bytes:
        headers, body = forger.signed(by=forger.post.elsewhere(secret="not the secret"))
        return request([*headers, forger.chance.choice(changes)], body)

    return forge_it


def _elsewhere(method: bytes, path: bytes) -> Forgery:
    def forge_it(forger: Forger) -> bytes:
        headers, body = forger.signed()
        return request(headers, body, method=method, path=path)

    return forge_it


def _noise(forger: Forger) -> bytes:
    return forger.chance.randbytes(forger.chance.randrange(1, 300)).replace(b"\r\n\r\n", b"") + b"\r\n\r\n"


def _nested(depth: int) -> Letter:
    return Letter(content_type=JSON, body=b"[" * depth + b"]" * depth)


def _payload(text: str) -> Letter:
    return Letter(content_type=FORM, body=urlencode({"payload": text}).encode())


def _plain(body: bytes, *, content_type: str = FORM) -> Letter:
    return Letter(content_type=content_type, body=body)


_WRONG: tuple[Any, ...] = (None, [], {}, 0, "", [[]], [None], {"id": []}, True)
_JSONS: tuple[Any, ...] = (
    None,
    [],
    {},
    0,
    1.5,
    "",
    "text",
    True,
    [[]],
    [{}],
    {"type": None},
    {"type": []},
    {"command": None},
    {"event": 7},
)

BODIES: Mapping[str, Forgery] = {
    "an older letter": _at(-310, -330, -3600, -86400, -1e9),
    "a letter of the future": _at(360, 400, 3600, 86400, 1e9),
    "another workspace": _from(team_id="T0PARTNER"),
    "another app": _from(app_id="A0OTHER"),
    "a person of another workspace": _person_from_elsewhere,
    "JSON that is no delivery": _bodies(*map(as_json, _JSONS), *map(as_payload, _JSONS)),
    "a body that is no JSON": _bodies(
        *(_plain(body, content_type=JSON) for body in (b"", b"{", b"null", b"NaN", b"{]", b"\xef\xbb\xbf{}", b"command=%2Frequest-jira")),
        *map(_payload, ("", "{", "[", "null", "NaN", "1", '"text"')),
    ),
    "a body of another encoding": _bodies(
        *(_plain(body) for body in (b"\xff\xfe", b"payload=%ff%fe", b"payload=\xc3\x28", b"\x00", "payload={}".encode("utf-16"))),
        *(_plain(body, content_type=JSON) for body in (b"\xff", '{"type": "é"}'.encode("latin-1"), '{"type": "x"}'.encode("utf-16"))),
        _plain(b"payload=%7B%7D", content_type="application/x-www-form-urlencoded; charset=utf-7"),
        _plain(b"{}", content_type="application/json; charset=no-such"),
        _plain(b'{"type": "\\ud800"}', content_type=JSON),
    ),
    "a body nested too deep": _bodies(_nested(100_000), _nested(2_000), _payload("[" * 50_000)),
    "a form of many parts": _bodies(
        _plain(b"a=1&" * 20_000), _plain(b"payload=1&payload=2"), _plain(b"--x\r\n\r\n", content_type="multipart/form-data; boundary=x")
    ),
    "a click with a broken field": _broken_payload,
    "an event with a broken field": _broken_event,
    "what we do not have": _unknown_things,
    "a spent letter as JSON": _spent_as(JSON),
    "a spent letter as text": _spent_as("text/plain"),
    "a spent letter as nothing": _spent_as(""),
    "a body said to be packed": _encoded(b"gzip", lambda body: body),
    "a packed body": _encoded(b"deflate", zlib.compress),
    "a bomb": _encoded(b"deflate", lambda _: zlib.compress(b"x" * 20_000_000)),
    "a huge body": _huge,
    "an odd length": _headers((b"Content-Length", b"-1"), (b"Content-Length", b"x"), (b"Content-Length", b"1e3")),
    "an odd transfer": _headers((b"Transfer-Encoding", b"chunked"), (b"Transfer-Encoding", b"x"), (b"Transfer-Encoding", b"chunked, x")),
    "a strange header": _headers(
        (b"X", b"\x00"), (b"X", b"y" * 9000), (b"\xff", b"x"), (b"Expect", b"the worst"), (b"X-Slack-Retry-Num", b"x")
    ),
    "another method": _elsewhere(b"PUT", b"/slack/events"),
    "another path": _elsewhere(b"POST", b"/slack/events/../events//"),
    "noise": _noise,
}
