"""Requests whose signature or timestamp is not right."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.torture.forger import SIGNATURE, TIMESTAMP, Forger, Forgery, value, with_header
from tests.torture.letters import FORM, request, signature


def _flipped_body(forger: Forger) -> bytes:
    headers, body = forger.signed()
    at = forger.chance.randrange(len(body))
    return request(headers, body[:at] + bytes([body[at] ^ (1 << forger.chance.randrange(8))]) + body[at + 1 :])


def _flipped_signature(forger: Forger) -> bytes:
    headers, body = forger.signed()
    written = bytearray(value(headers, SIGNATURE))
    at = forger.chance.randrange(3, len(written))
    written[at] = forger.chance.choice([one for one in b"0123456789abcdef" if one != written[at]])
    return request(with_header(headers, SIGNATURE, bytes(written)), body)


def _moved_timestamp(forger: Forger) -> bytes:
    headers, body = forger.signed()
    moved = int(forger.now) + forger.chance.choice((-200, -1, 1, 200))
    return request(with_header(headers, TIMESTAMP, str(moved).encode()), body)


def _other_secret(forger: Forger) -> bytes:
    return request(*forger.signed(by=forger.post.elsewhere(secret=f"{forger.chance.getrandbits(128):032x}")))


def _lengthened_body(forger: Forger) -> bytes:
    headers, body = forger.signed()
    return request(headers, body + forger.chance.choice((b"&text=more", b" ", b"\n", b"\x00", b"&user_id=U0OMAR")))


def _other_letters_signature(forger: Forger) -> bytes:
    return request(forger.signed()[0], forger.letter().body)


def _certificate_check(forger: Forger) -> bytes:
    """Bolt has an answer to it before it looks at the signature."""
    letter = replace(forger.letter(), content_type=FORM)
    asking = replace(letter, body=forger.chance.choice((b"ssl_check=1", letter.body + b"&ssl_check=1")))
    return request(*forger.signed(asking, by=forger.post.elsewhere(secret=f"{forger.chance.getrandbits(128):032x}")))


def _signature(*forms: Callable[[bytes], bytes | None]) -> Forgery:
    """The right signature in a form that is none."""

    def forge_it(forger: Forger) -> bytes:
        headers, body = forger.signed()
        form = forger.chance.choice(forms)(value(headers, SIGNATURE))
        return request(with_header(headers, SIGNATURE, form), body)

    return forge_it


def _timestamp(*forms: str | None) -> Forgery:
    """A timestamp that is no number, or no time, and a signature over it."""

    def forge_it(forger: Forger) -> bytes:
        letter, form = forger.letter(), forger.chance.choice(forms)
        headers = forger.post.sign(letter, at=forger.now)
        over = signature(forger.post.secret, timestamp=form or "", body=letter.body)
        return request(with_header(with_header(headers, SIGNATURE, over), TIMESTAMP, None if form is None else form.encode()), letter.body)

    return forge_it


def _doubled(name: bytes) -> Forgery:
    """Two headers of one name, of which one is right, in either order."""

    def forge_it(forger: Forger) -> bytes:
        headers, body = forger.signed()
        other = b"v0=" + b"0" * 64 if name == SIGNATURE else str(int(forger.now) - forger.chance.randrange(1, 200)).encode()
        second = (name, other)
        return request([*headers, second] if forger.chance.random() < 0.5 else [second, *headers], body)

    return forge_it


SIGNATURES: Mapping[str, Forgery] = {
    "a bit of the body": _flipped_body,
    "a digit of the signature": _flipped_signature,
    "another second": _moved_timestamp,
    "another secret": _other_secret,
    "a longer body": _lengthened_body,
    "a check of the certificate": _certificate_check,
    "another letter's signature": _other_letters_signature,
    "no signature": _signature(lambda _: None),
    "a signature of another form": _signature(
        lambda _: b"",
        lambda right: right[:-1],
        lambda right: right + b"0",
        lambda right: right.upper(),
        lambda right: right.replace(b"v0=", b"v1="),
        lambda right: right.replace(b"v0=", b""),
        lambda right: right + b", " + right,
        lambda right: b'"' + right + b'"',
        lambda _: b"v0=" + b"*" * 64,
    ),
    "a signature beyond ASCII": _signature(
        lambda right: right[:-2] + "é".encode(), lambda right: right[:-1] + b"\xff", lambda _: "v0=\u0661".encode() * 9
    ),
    "no timestamp": _timestamp(None),
    "a timestamp that is no number": _timestamp("", "now", "1e9", "0x10", "١٢٣", "1.5", "-1", "+1", "nan", "inf", "9" * 400, "1 2", "1_0"),
    "a timestamp that is no time": _timestamp("0", "1", "999999999999", "000000000001"),
    "two signatures": _doubled(SIGNATURE),
    "two timestamps": _doubled(TIMESTAMP),
}
