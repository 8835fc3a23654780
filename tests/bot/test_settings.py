"""Settings are read once, from three places, and whatever is wrong is told in sentences."""

import traceback
from base64 import b64encode
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from atlassian.access import WayBack
from bot.settings import (
    SECTIONS,
    WAYS_BACK,
    AtlassianSettings,
    DatabaseSettings,
    Product,
    ProductSettings,
    Settings,
    SettingsError,
    SlackSettings,
    load,
    require_port,
)
from bot.settings.problems import meaning_of, nested_model
from bot.settings.section import variable
from tests.bot.outside import COMPLETE, CONFLUENCE, JIRA, Outside

ROOT = Path(__file__).parents[2]
ORG = COMPLETE["ATLASSIAN_ORG_ID"]


def problems_of(section: type[BaseModel] = Settings) -> dict[str, str]:
    """The sentences by variable; fails when there are none."""
    with pytest.raises(SettingsError) as caught:
        load(section)  # type: ignore[type-var]
    return {problem.variable: problem.sentence for problem in caught.value.problems}


def test_what_is_required_is_enough(outside: Outside) -> None:
    """Everything that is not required has a default that a careful admin would choose."""
    outside.set(COMPLETE)
    settings = load()
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.atlassian_api_url == "https://api.atlassian.com"
    assert settings.database_url == "sqlite:///comeback.db"
    assert settings.approvers == ("U0OMAR", "S0ADMINS")
    assert (settings.requests.expire_hours, settings.requests.open_per_person, settings.requests.per_hour) == (168, 3, 10)
    assert (settings.grants_per_day, settings.atlassian_per_second, settings.port) == (200, 5.0, None)
    assert settings.ways_back == frozenset(WAYS_BACK)
    assert settings.socket_mode


def test_environment_beats_env_file_beats_toml(outside: Outside) -> None:
    """The nearer source wins, also inside a table that all three add to."""
    outside.set({**COMPLETE, "COMEBACK_REQUESTS__EXPIRE_HOURS": "1"})
    outside.write(".env", "COMEBACK_REQUESTS__EXPIRE_HOURS=2\nCOMEBACK_REQUESTS__OPEN_PER_PERSON=2\n")
    outside.write("comeback.toml", "[requests]\nexpire_hours = 4\nopen_per_person = 4\nper_hour = 4\n")
    requests = load().requests
    assert (requests.expire_hours, requests.open_per_person, requests.per_hour) == (1, 2, 4)


def test_toml_names_are_lower_case_without_prefix(outside: Outside) -> None:
    """In the file a table stands for `__`, and products keep their order."""
    outside.set({name: COMPLETE[name] for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ATLASSIAN_API_KEY")})
    outside.write(
        "comeback.toml",
        f'atlassian_org_id = "{ORG}"\nadmin_channel = "C0ADMIN"\napprovers = ["U0OMAR"]\natlassian_api_key_expires = 2027-06-30\n'
        f'[products.wiki]\nresource = "{CONFLUENCE}"\nname = "Team wiki"\n[products.jira]\nresource = "{JIRA}"\n',
    )
    settings = load()
    assert list(settings.products) == ["wiki", "jira"]
    assert settings.products["wiki"].name == "Team wiki"
    assert settings.atlassian_api_key_expires is not None
    assert settings.atlassian_api_key_expires.year == 2027


def test_product_key_makes_command_and_name(outside: Outside) -> None:
    """`JIRA_EU` in a variable is `/request-jira-eu`, and has a name to show."""
    outside.set({**COMPLETE, "COMEBACK_PRODUCTS__JIRA_EU__RESOURCE": JIRA})
    product = load().products["jira_eu"]
    assert (product.key, product.command, product.name) == ("jira_eu", "/request-jira-eu", "Jira EU")
    assert product.role == "atlassian/user"


SEALING_KEY = b64encode(b"c" * 32).decode()


def test_everything_missing_is_told_at_once(outside: Outside) -> None:
    """Nobody should have to start the bot once for each variable that they forgot."""
    sentences = problems_of()
    assert set(sentences) == {
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "ATLASSIAN_ORG_ID",
        "ATLASSIAN_API_KEY",
        "COMEBACK_ADMIN_CHANNEL",
        "COMEBACK_APPROVERS",
        "COMEBACK_PRODUCTS",
    }
    assert all(" is missing" in sentence and "for example " in sentence for sentence in sentences.values())
    assert f"COMEBACK_PRODUCTS__JIRA__RESOURCE={JIRA}" in sentences["COMEBACK_PRODUCTS"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-a-persons-token"),
        ("SLACK_APP_TOKEN", "xoxb-not-app-level"),
        ("SLACK_API_URL", "http://slack.example.com/api/"),
        ("SLACK_API_URL", "https://user:pass@slack.com/api/"),
        ("ATLASSIAN_ORG_ID", "org/../../other"),
        ("ATLASSIAN_ORG_ID", "acme"),
        ("ATLASSIAN_API_KEY", "key with spaces"),
        ("ATLASSIAN_API_KEY_EXPIRES", "soonish"),
        ("ATLASSIAN_API_URL", "atlassian.example"),
        ("DATABASE_URL", "mysql://root@db/comeback"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("PORT", "70000"),
        ("LOG_LEVEL", "LOUD"),
        ("COMEBACK_TIMEZONE", "Mars/Olympus"),
        ("COMEBACK_ADMIN_CHANNEL", "#admins"),
        ("COMEBACK_APPROVERS", "U0OMAR"),
        ("COMEBACK_APPROVERS", "[ ]"),
        ("COMEBACK_SEALING_KEYS", "c2hvcnQ="),
        ("COMEBACK_SEALING_KEYS", "not base64, at all"),
        ("COMEBACK_APPROVERS", '["@omar"]'),
        ("COMEBACK_PRODUCTS__JIRA__RESOURCE", "the Jira on acme"),
        ("COMEBACK_PRODUCTS__JIRA__ROLE", "atlassian/admin"),
        ("COMEBACK_PRODUCTS__JIRA__LINK", "javascript:alert(1)"),
        ("COMEBACK_REQUESTS__EXPIRE_HOURS", "-5"),
        ("COMEBACK_GRANTS_PER_DAY", "many"),
        ("COMEBACK_ATLASSIAN_PER_SECOND", "inf"),
        ("COMEBACK_WAYS_BACK", '["everything"]'),
        ("COMEBACK_EMAIL_DOMAINS", '["nodot"]'),
        ("COMEBACK_PUBLIC_URL", "ftp://example.com"),
    ],
)
def test_wrong_value_has_one_sentence(outside: Outside, name: str, value: str) -> None:
    """The sentence names the variable, says what was expected and gives an example, and never repeats the value."""
    outside.set({**COMPLETE, name: value})
    sentences = problems_of()
    assert list(sentences) == [name]
    assert sentences[name].startswith(f"{name} must be ")
    assert f"for example {name}=" in sentences[name]
    assert value not in sentences[name]


@pytest.mark.parametrize(
    ("line", "name", "example"),
    [
        ('approvers = "U0OMAR"', "approvers", 'approvers = ["U0123ABCD", "S0456EFGH"]'),
        ('admin_channel = "#admins"', "admin_channel", 'admin_channel = "C0123ABCD"'),
        ('atlassian_api_key_expires = "soonish"', "atlassian_api_key_expires", "atlassian_api_key_expires = 2027-06-30"),
        ('[requests]\nexpire_hours = "many"', "requests.expire_hours", "expire_hours = 168 under [requests]"),
        (
            f'[products.wiki]\nresource = "{JIRA}"\nrole = "atlassian/admin"',
            "products.wiki.role",
            'role = "atlassian/user" under [products.wiki]',
        ),
        ('[products.wiki]\nname = "Wiki"', "products.wiki.resource", f'resource = "{JIRA}" under [products.wiki]'),
        (f'[products.access]\nresource = "{JIRA}"', "products.access", f'resource = "{JIRA}" under [products.jira]'),
    ],
)
def test_what_comeback_toml_says_is_told_in_its_words(outside: Outside, line: str, name: str, example: str) -> None:
    """Whoever wrote a key into the file gets that key and a line for the file, not a variable that they never set."""
    outside.set(COMPLETE)
    outside.unset("COMEBACK_APPROVERS", "COMEBACK_ADMIN_CHANNEL")
    rest = {"approvers": 'approvers = ["U0OMAR"]', "admin_channel": 'admin_channel = "G0ADMINS"'}
    outside.write("comeback.toml", "\n".join([*(value for key, value in rest.items() if key != name), line]))
    sentences = problems_of()
    assert list(sentences) == [name]
    assert sentences[name].startswith(f"{name} in comeback.toml ")
    assert sentences[name].endswith(f"for example {example}.")
    assert "JSON" not in sentences[name]


def test_variable_over_a_toml_key_is_told_as_the_variable(outside: Outside) -> None:
    """The nearer source is the one to mend."""
    outside.set({**COMPLETE, "COMEBACK_REQUESTS__EXPIRE_HOURS": "many"})
    outside.write("comeback.toml", "[requests]\nexpire_hours = 4\n")
    assert list(problems_of()) == ["COMEBACK_REQUESTS__EXPIRE_HOURS"]


@pytest.mark.parametrize("key", ["ACCESS", "9LIVES", "A_NAME_THAT_IS_FAR_TOO_LONG"])
def test_product_key_must_make_a_command(outside: Outside, key: str) -> None:
    """A key that would make no command of its own is refused: `/request-access` lists all products."""
    outside.set({**COMPLETE, f"COMEBACK_PRODUCTS__{key}__RESOURCE": JIRA})
    assert list(problems_of()) == [f"COMEBACK_PRODUCTS__{key}"]


def test_http_needs_a_signing_secret(outside: Outside) -> None:
    """Without an app-level token Slack speaks HTTP, which is worth nothing unsigned."""
    outside.set(COMPLETE)
    outside.unset("SLACK_APP_TOKEN")
    assert list(problems_of()) == ["SLACK_SIGNING_SECRET"]


def test_http_needs_a_port(outside: Outside) -> None:
    """A front door needs an address, which a worker does not have."""
    outside.set({**COMPLETE, "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5"})
    outside.unset("SLACK_APP_TOKEN")
    settings = load()
    with pytest.raises(SettingsError, match="PORT is missing"):
        require_port(settings)


def test_site_settings_come_together(outside: Outside) -> None:
    """A site without its credentials would silently tell no seats."""
    outside.set({**COMPLETE, "ATLASSIAN_SITE_URL": "https://acme.atlassian.net"})
    assert set(problems_of()) == {"ATLASSIAN_SITE_EMAIL", "ATLASSIAN_SITE_TOKEN"}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("COMEBACK_GRANT_PER_DAY", "COMEBACK_GRANTS_PER_DAY"),
        ("COMEBACK_SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN"),
        ("COMEBACK_REQUESTS__EXPIRY_HOURS", "COMEBACK_REQUESTS__EXPIRE_HOURS"),
        ("COMEBACK_PRODUCTS__JIRA__RESOURCES", "COMEBACK_PRODUCTS__JIRA__RESOURCE"),
    ],
)
def test_unknown_name_is_told_the_nearest(outside: Outside, name: str, nearest: str) -> None:
    """A mistyped limit that is silently ignored protects nobody."""
    outside.set({**COMPLETE, name: "3"})
    assert problems_of()[name] == f"{name} is not a setting of Comeback: did you mean {nearest}?"


def test_unknown_names_are_found_in_files_too(outside: Outside) -> None:
    """`.env` and `comeback.toml` are read with the same care as the environment."""
    outside.set(COMPLETE)
    outside.write(".env", "COMEBACK_ADMIN_CHANEL=C0X\n")
    outside.write("comeback.toml", "grant_per_day = 3\n")
    sentences = problems_of()
    assert "did you mean COMEBACK_ADMIN_CHANNEL?" in sentences["COMEBACK_ADMIN_CHANEL"]
    assert "did you mean grants_per_day?" in sentences["grant_per_day"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('slack_bot_token = "xoxb-1-2-canary"', "SLACK_BOT_TOKEN"),
        ('atlassian_api_key = "canary"', "ATLASSIAN_API_KEY"),
        ('database_url = "postgresql://comeback:canary@db/comeback"', "DATABASE_URL"),
    ],
)
def test_secrets_are_refused_in_toml(outside: Outside, line: str, name: str) -> None:
    """`comeback.toml` is committed; a secret in it is a secret given away."""
    outside.set(COMPLETE)
    outside.write("comeback.toml", line)
    sentence = problems_of()[name]
    assert "must not stand in comeback.toml" in sentence
    assert "canary" not in sentence


def test_broken_toml_names_the_place_only(outside: Outside) -> None:
    """What stands at the broken place may be a secret that lost its quotation mark."""
    outside.set(COMPLETE)
    outside.write("comeback.toml", 'admin_channel = "G0ADMINS"\nslack_bot_token = xoxb-canary\n')
    assert problems_of() == {"comeback.toml": "comeback.toml is not TOML: look at line 2, column 19."}


def test_files_must_be_utf_8(outside: Outside) -> None:
    """A file in another encoding is a sentence, not a stack trace."""
    outside.set(COMPLETE)
    (outside.directory / "comeback.toml").write_bytes(b'admin_channel = "\xff"')
    assert "must be UTF-8 text" in problems_of()[".env"]


def test_section_is_not_stopped_by_another(outside: Outside) -> None:
    """`migrate` needs only the database: it must run where nobody set a Slack token yet, and past a typing error elsewhere."""
    outside.set({"DATABASE_URL": "postgres://comeback@db/comeback", "COMEBACK_GRANT_PER_DAY": "3"})
    assert load(DatabaseSettings).database_url == "postgres://comeback@db/comeback"
    assert set(problems_of(SlackSettings)) == {"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"}
    assert set(problems_of(AtlassianSettings)) == {"ATLASSIAN_ORG_ID", "ATLASSIAN_API_KEY"}
    assert set(problems_of(ProductSettings)) == {"COMEBACK_PRODUCTS"}


@pytest.mark.parametrize("url", ["http://127.0.0.1:8765/slack/api", "http://localhost/api", "http://slack:80/api", "http://10.1.2.3/api"])
def test_plain_http_stays_in_the_house(outside: Outside, url: str) -> None:
    """A key may travel in the clear on this machine or in a private network, and nowhere else; the address always ends with a slash."""
    outside.set({**COMPLETE, "SLACK_API_URL": url})
    assert load().slack_api_url == f"{url}/"


def test_empty_variable_is_not_set(outside: Outside) -> None:
    """`SLACK_APP_TOKEN=` is how `.env.example` and many platforms say "none"."""
    outside.set({**COMPLETE, "SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5"})
    assert not load().socket_mode


def test_no_secret_shows(outside: Outside) -> None:
    """Whoever prints or logs the settings, or the error about them, gives nothing away."""
    secrets = {
        "SLACK_BOT_TOKEN": "xoxb-1-2-canary",
        "SLACK_APP_TOKEN": "xapp-1-canary",
        "SLACK_SIGNING_SECRET": "canary-signing-secret",
        "ATLASSIAN_API_KEY": "canary-key",
        "ATLASSIAN_SITE_URL": "https://acme.atlassian.net",
        "ATLASSIAN_SITE_EMAIL": "canary@acme.example",
        "ATLASSIAN_SITE_TOKEN": "canary-site-token",
        "DATABASE_URL": "postgresql://comeback:canary@db/comeback",
        "COMEBACK_SEALING_KEYS": f"{SEALING_KEY}, {SEALING_KEY}",
    }
    outside.set(COMPLETE | secrets)
    settings = load()
    shown = f"{settings!r} {settings} {settings.slack_bot_token} {settings.sealing_keys}"
    assert "canary" not in shown
    assert SEALING_KEY not in shown
    assert settings.master_keys == (b"c" * 32, b"c" * 32)


def test_no_wrong_value_shows_in_a_traceback(outside: Outside) -> None:
    """A token pasted into the wrong variable is a wrong value, and a secret all the same."""
    wrong = dict.fromkeys(COMPLETE, "canary canary") | {"DATABASE_URL": "mysql://u:canary@db", "COMEBACK_REQUESTS": "canary"}
    outside.set(wrong)
    with pytest.raises(SettingsError) as caught:
        load()
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_settings_are_frozen(outside: Outside) -> None:
    """Nothing that was checked at start may change later."""
    outside.set(COMPLETE)
    settings = load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.admin_channel = "C0OTHER"  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.products["jira"] = settings.products["jira"]  # type: ignore[index]


def test_settings_made_by_hand_read_nothing(outside: Outside) -> None:
    """A test or a tool that makes settings from values gets these values and no others."""
    outside.set({"COMEBACK_PUBLIC_URL": "https://elsewhere.example"})
    settings = ProductSettings(products={"jira": Product(key="jira", resource=JIRA, name="Jira")})
    assert settings.public_url is None


def test_ways_back_are_those_that_can_be_mended() -> None:
    """The names in the settings are those of the diagnosis, and all of them."""
    assert set(WAYS_BACK) == {way.value for way in WayBack if way.can_be_mended}


_FRESH = b64encode(bytes(range(32))).decode()
_LOW_ORDER = b64encode(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")).decode()
MADE_NOT_COPIED = {
    "COMEBACK_SEALING_KEYS": _FRESH,
    "COMEBACK_AUDIT__SIGNING_KEY": f"ed25519:{_FRESH}",
    "COMEBACK_AUDIT__PUBLIC_KEYS": f'["ed25519:{_FRESH}"]',
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COMEBACK_AUDIT__SIGNING_KEY", f"hmac:{b64encode(bytes(32)).decode()}"),
        ("COMEBACK_AUDIT__SIGNING_KEY", f"ed25519:{b64encode(b'a' * 32).decode()}"),
        ("COMEBACK_AUDIT__PUBLIC_KEYS", f'["ed25519:{_LOW_ORDER}"]'),
    ],
)
def test_a_key_that_was_never_drawn_is_refused(outside: Outside, name: str, value: str) -> None:
    """Zeros sign for everybody, and for a public key of low order anybody can."""
    outside.set(COMPLETE | {name: value})
    with pytest.raises(SettingsError):
        load()


def every_setting() -> list[tuple[str, str]]:
    """Each variable with its example, one product standing for all."""
    found = []
    for section in SECTIONS:
        for name, field in section.model_fields.items():
            nested = nested_model(name)
            prefix = f"{variable(name)}__JIRA" if nested is Product else variable(name)
            fields = nested.model_fields.items() if nested else [("", field)]
            for inner, inner_field in fields:
                meaning = meaning_of(inner_field)
                if inner != "key" and meaning is not None:
                    found.append((f"{prefix}__{inner.upper()}" if inner else prefix, meaning.example))
    return found


def test_sections_are_the_settings() -> None:
    """A setting that is in no section would be missing from the README."""
    assert [name for section in SECTIONS for name in section.model_fields] == list(Settings.model_fields)


def test_examples_are_accepted(outside: Outside) -> None:
    """Whoever copies the example out of a sentence must not get the next sentence; a key is made, as one in print is everybody's."""
    outside.set(COMPLETE | dict(every_setting()) | MADE_NOT_COPIED)
    load()


@pytest.mark.parametrize("name", MADE_NOT_COPIED)
def test_example_of_a_key_is_no_key(outside: Outside, name: str) -> None:
    """A key that stands in the documentation signs and seals for everybody: the sentence names the command that makes one."""
    outside.set(COMPLETE | {name: dict(every_setting())[name]})
    with pytest.raises(SettingsError, match="keygen"):
        load()


def test_example_files_load(outside: Outside) -> None:
    """The files that a newcomer copies work once their secrets are filled in."""
    outside.write("comeback.toml", (ROOT / "comeback.example.toml").read_text(encoding="utf-8"))
    outside.write(".env", (ROOT / ".env.example").read_text(encoding="utf-8"))
    outside.set({name: COMPLETE[name] for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ATLASSIAN_API_KEY")})
    assert list(load().products) == ["jira", "confluence"]
