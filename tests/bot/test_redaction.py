"""What is secret does not come out of the redactor, in whatever it is wrapped."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.redaction import HIDDEN, Redactor, secrets_of
from bot.settings import load
from tests.bot.outside import COMPLETE, Outside

TOKENS = [
    "xoxb-1234-5678-AbCdEf",
    "xoxe.xoxp-1-abcdef",
    "xapp-1-A0123-456-abcdef",
    "ATCTT3xFfGN0abc_def-ghi=12",
    "ATATT3xFfGF0abcdef",
    "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    "ada.park@acme.example",
]


@pytest.mark.parametrize("token", TOKENS)
def test_token_shapes_are_hidden(token: str) -> None:
    """A token that no setting knows is hidden by its shape."""
    assert Redactor().clean(f"got '{token}', sorry") == f"got '{HIDDEN}', sorry"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {HIDDEN}"),
        ("Authorization: Basic YWRhOnRva2Vu", f"Authorization: Basic {HIDDEN}"),
        ("https://hooks.slack.com/commands/T0/1/secret", f"https://hooks.slack.com/{HIDDEN}"),
        ("wss://x.slack.com/link/?ticket=abc-123&app_id=A0", f"wss://x.slack.com/link/?ticket={HIDDEN}&app_id=A0"),
        ("postgresql://comeback:pass@db/comeback", f"postgresql://{HIDDEN}@db/comeback"),
    ],
)
def test_what_is_as_good_as_a_token_is_hidden(text: str, clean: str) -> None:
    """Whoever has a response_url, a ticket or a database address needs no token; what is no secret stays readable."""
    assert Redactor().clean(text) == clean


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=6, max_size=40))
def test_known_secret_is_hidden_as_text_and_as_json(secret: str) -> None:
    """A secret with quotation marks looks different in JSON, and is hidden there too."""
    assume(secret not in HIDDEN)
    redactor = Redactor([secret])
    assert secret not in redactor.clean(f"before {secret} after")
    assert json.dumps(secret)[1:-1] not in redactor.clean(json.dumps({"key": secret}))


def test_longer_secret_is_hidden_whole() -> None:
    """When one secret begins with another, no rest of it is left over."""
    assert Redactor(["secret", "secret-and-more"]).clean("secret-and-more") == HIDDEN


def test_each_of_several_keys_is_hidden() -> None:
    """A setting that holds the new key and the old one holds two secrets, and each may stand alone, without its kind too."""
    redactor = Redactor(["hmac:bmV3LWtleQ==,ed25519:b2xkLWtleQ=="])
    for text in ("ed25519:b2xkLWtleQ==", "b2xkLWtleQ==", "bmV3LWtleQ=="):
        assert redactor.clean(f"signed with {text}!") == f"signed with {HIDDEN}!"


def test_structures_are_cleaned_throughout() -> None:
    """Keys, nested values and odd objects are cleaned; numbers and None pass."""
    redactor = Redactor(["canary-value"])
    cleaned = redactor.clean_all({"canary-value": [1, None, ("canary-value", {"x": ValueError("canary-value")})]})
    assert cleaned == {HIDDEN: [1, None, [HIDDEN, {"x": HIDDEN}]]}


def test_every_secret_of_the_settings_is_known(outside: Outside) -> None:
    """The redactor takes its values from the settings, the database's password as written and as decoded included."""
    outside.set({**COMPLETE, "SLACK_SIGNING_SECRET": "signing-secret-1", "DATABASE_URL": "postgresql://c:p%40ss-word@db/comeback"})
    assert secrets_of(load()) == {
        COMPLETE["SLACK_BOT_TOKEN"],
        COMPLETE["SLACK_APP_TOKEN"],
        COMPLETE["ATLASSIAN_API_KEY"],
        "signing-secret-1",
        "p%40ss-word",
        "p@ss-word",
    }
