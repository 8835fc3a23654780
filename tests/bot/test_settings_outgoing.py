"""Mail and the SIEM are off until they are set, and what is set by halves is told in a sentence."""

import pytest

from bot.redaction import Redactor, secrets_of
from bot.settings import OutgoingSettings, SettingsError, load
from tests.bot.outside import COMPLETE, Outside

MAIL = {"COMEBACK_MAIL__HOST": "smtp.acme.example", "COMEBACK_MAIL__SENDER": "comeback@acme.example"}
SIEM = {"COMEBACK_SIEM__URL": "https://siem.acme.example/in?key=of-the-receiver", "COMEBACK_SIEM__SECRET": "sixteen-letters-"}


def problems_of(outside: Outside, variables: dict[str, str]) -> dict[str, str]:
    """The sentences about *variables*, by variable; none when all is well."""
    outside.set(variables)
    try:
        load(OutgoingSettings)
    except SettingsError as error:
        return {problem.variable: problem.sentence for problem in error.problems}
    return {}


def test_both_are_off_by_default(outside: Outside) -> None:
    """Nobody gets mail, and nothing leaves the house, before an admin says so."""
    outside.set(COMPLETE)
    settings = load()
    assert (settings.mail.on, settings.siem.on) == (False, False)


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("tls", 465)])
def test_the_usual_port_follows_the_protection(outside: Outside, tls: str, port: int) -> None:
    """A host and a sender are enough."""
    assert problems_of(outside, {**MAIL, "COMEBACK_MAIL__TLS": tls}) == {}
    assert load(OutgoingSettings).mail.port_number == port


@pytest.mark.parametrize(
    ("changed", "variable", "saying"),
    [
        ({"COMEBACK_MAIL__SENDER": ""}, "COMEBACK_MAIL__SENDER", "is missing"),
        ({"COMEBACK_MAIL__SENDER": "x@acme.example\nBcc: y@z.example"}, "COMEBACK_MAIL__SENDER", "a plain e-mail address"),
        ({"COMEBACK_MAIL__CONTACT": "it\nBcc: y@z.example"}, "COMEBACK_MAIL__CONTACT", "a line of at most 60"),
        ({"COMEBACK_MAIL__TLS": "none"}, "COMEBACK_MAIL__TLS", "private network"),
        ({"COMEBACK_MAIL__USER": "ada"}, "COMEBACK_MAIL__PASSWORD", "is missing"),
        ({"COMEBACK_MAIL__PASSWORD": "correct-horse"}, "COMEBACK_MAIL__USER", "is missing"),
    ],
)
def test_mail_by_halves_is_refused(outside: Outside, changed: dict[str, str], variable: str, saying: str) -> None:
    """Each with the one variable to mend; a password crosses the internet under TLS only, and no header is smuggled in."""
    problems = problems_of(outside, {**MAIL, **changed})
    assert set(problems) == {variable}
    assert saying in problems[variable]


def test_a_private_server_may_speak_plainly(outside: Outside) -> None:
    """A relay on the same machine or network often has no certificate."""
    assert problems_of(outside, {**MAIL, "COMEBACK_MAIL__HOST": "127.0.0.1", "COMEBACK_MAIL__TLS": "none"}) == {}


@pytest.mark.parametrize(
    ("changed", "variable"),
    [
        ({"COMEBACK_SIEM__SECRET": ""}, "COMEBACK_SIEM__SECRET"),
        ({"COMEBACK_SIEM__AUTHORIZATION": "Splunk two words"}, "COMEBACK_SIEM__AUTHORIZATION"),
        ({"COMEBACK_SIEM__AUTHORIZATION": "Spl\u00fcnk key-of-the-receiver"}, "COMEBACK_SIEM__AUTHORIZATION"),
        ({"COMEBACK_SIEM__AUTHORIZATION": "Splunk short"}, "COMEBACK_SIEM__AUTHORIZATION"),
        ({"COMEBACK_SIEM__AUTHORIZATION": "Splunk abcdefgh\r\nX-Other: 1"}, "COMEBACK_SIEM__AUTHORIZATION"),
        ({"COMEBACK_SIEM__SECRET": "too-short"}, "COMEBACK_SIEM__SECRET"),
        ({"COMEBACK_SIEM__URL": "http://siem.acme.example/in"}, "COMEBACK_SIEM__URL"),
        ({"COMEBACK_SIEM__URL": "https://:pass@siem.acme.example/in"}, "COMEBACK_SIEM__URL"),
        ({"COMEBACK_SIEM__URL": "http://134744072/in"}, "COMEBACK_SIEM__URL"),
        ({"COMEBACK_SIEM__URL": "http://\uff11\uff13\uff14\uff17\uff14\uff14\uff10\uff17\uff12/in"}, "COMEBACK_SIEM__URL"),
        ({"COMEBACK_SIEM__URL": "http://0x08080808/in"}, "COMEBACK_SIEM__URL"),
        ({"COMEBACK_SIEM__URL": "http://%31%33%34744072/in"}, "COMEBACK_SIEM__URL"),
        ({"COMEBACK_SIEM__URL": "http://[::ffff:8.8.8.8]/in"}, "COMEBACK_SIEM__URL"),
        ({"COMEBACK_SIEM__URL": "https://user:pass@siem.acme.example/in"}, "COMEBACK_SIEM__URL"),
        ({"COMEBACK_SIEM__URL": "https://siem.acme.example/in#x"}, "COMEBACK_SIEM__URL"),
    ],
)
def test_the_trail_goes_nowhere_unsigned_or_in_the_clear(outside: Outside, changed: dict[str, str], variable: str) -> None:
    """A receiver that can't tell our entries from another's is no evidence."""
    assert set(problems_of(outside, {**SIEM, **changed})) == {variable}


def test_a_key_for_nobody_is_told(outside: Outside) -> None:
    """Without an address the key would go nowhere, and its owner would wait for the trail."""
    problems = problems_of(outside, {"COMEBACK_SIEM__AUTHORIZATION": "Splunk key-of-the-receiver"})
    assert set(problems) == {"COMEBACK_SIEM__URL"}
    assert "needed with AUTHORIZATION" in problems["COMEBACK_SIEM__URL"]


def test_the_receivers_key_is_hidden_with_and_without_its_scheme(outside: Outside) -> None:
    """A receiver may echo the key alone."""
    outside.set({**COMPLETE, **SIEM, "COMEBACK_SIEM__AUTHORIZATION": "Splunk key-of-the-receiver"})
    settings = load()
    cleaned = Redactor.of(settings).clean("401: Splunk key-of-the-receiver, that is key-of-the-receiver, is unknown to Splunk")
    assert cleaned == "401: [hidden], that is [hidden], is unknown to Splunk"
    assert "key-of-the-receiver" not in repr(settings)


def test_their_secrets_are_hidden_and_not_in_toml(outside: Outside) -> None:
    """A password in a table is a secret like any other."""
    outside.set({**COMPLETE, **MAIL, **SIEM, "COMEBACK_MAIL__USER": "ada", "COMEBACK_MAIL__PASSWORD": "correct-horse"})
    settings = load()
    assert {"correct-horse", "sixteen-letters-", SIEM["COMEBACK_SIEM__URL"]} <= secrets_of(settings)
    assert Redactor.of(settings).clean("POST /in?key=of-the-receiver") == "POST /in?[hidden]"
    assert not any(secret in repr(settings) for secret in ("correct-horse", "sixteen-letters-", "of-the-receiver"))
    outside.write(
        "comeback.toml", '[mail]\npassword = "correct-horse"\n[siem]\nsecret = "sixteen-letters-"\nurl = "https://a.example/?key=1"\n'
    )
    with pytest.raises(SettingsError) as caught:
        load()
    assert {problem.variable for problem in caught.value.problems} == {
        "COMEBACK_MAIL__PASSWORD",
        "COMEBACK_SIEM__SECRET",
        "COMEBACK_SIEM__URL",
    }
