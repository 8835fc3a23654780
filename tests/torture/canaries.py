"""Secrets that can be recognized wherever they turn up: one for every setting that holds one, and the forms that one may leak in."""

import base64
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from sandbox.server import Sandbox

SHORTEST = 12
"""So many characters of a canary are enough to know it by."""
SIGNING_KEY = "COMEBACK_AUDIT__SIGNING_KEY"
KEPT_SMALL = 40
"""Characters around a find that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The value of one setting; `core` is the random part of it."""

    setting: str
    value: str
    core: str

    def forms(self, *, user: str | None = None) -> Iterator[bytes]:
        """What would give it away: either half of its core, and the whole in the encodings that headers and addresses have."""
        yield self.core[:SHORTEST].encode()
        yield self.core[-SHORTEST:].encode()
        yield quote(self.value, safe="").encode()
        yield quote_plus(self.value).encode()
        yield self.value.encode().hex().encode()
        for text in (self.value, f"{user or ''}:{self.value}"):
            yield base64.b64encode(text.encode()).rstrip(b"=")
            yield base64.urlsafe_b64encode(text.encode()).rstrip(b"=")


def breed(chance: random.Random) -> dict[str, Canary]:
    """A canary for every setting that holds a secret, by the setting's name; that of the database is its password."""

    def canary(setting: str, form: str) -> Canary:
        core = "".join(chance.choices("bcdfghjkmnpqrstvwxz23456789", k=2 * SHORTEST))
        return Canary(setting=setting, value=form.format(core), core=core)

    forms = {
        "SLACK_BOT_TOKEN": "xoxb-{}",
        "SLACK_APP_TOKEN": "xapp-{}",
        "SLACK_SIGNING_SECRET": "{}",
        "ATLASSIAN_API_KEY": "key.{}",
        "ATLASSIAN_SITE_TOKEN": "site.{}",
        "DATABASE_URL": "pass.{}",
        "COMEBACK_MAIL__PASSWORD": "mail.{}",
        # Nobody listens at port 9; some receivers have their key in the path.
        "COMEBACK_SIEM__URL": "http://127.0.0.1:9/hook/{}",
        "COMEBACK_SIEM__SECRET": "siem.{}",
        "COMEBACK_SIEM__AUTHORIZATION": "Splunk {}",
    }
    birds = {setting: canary(setting, form) for setting, form in forms.items()}
    keys = {setting: base64.b64encode(chance.randbytes(32)).decode() for setting in ("COMEBACK_SEALING_KEYS", SIGNING_KEY)}
    coded = {setting: Canary(setting=setting, value=key, core=key[: 2 * SHORTEST]) for setting, key in keys.items()}
    return {**birds, **coded}


def release(birds: Mapping[str, Canary], sandbox: Sandbox) -> None:
    """Make them the secrets that this world goes by."""
    sandbox.slack.app.bot_token = birds["SLACK_BOT_TOKEN"].value
    sandbox.slack.app.app_token = birds["SLACK_APP_TOKEN"].value
    sandbox.slack.app.signing_secret = birds["SLACK_SIGNING_SECRET"].value
    sandbox.atlassian.api_key = birds["ATLASSIAN_API_KEY"].value
    sandbox.atlassian.site_token = birds["ATLASSIAN_SITE_TOKEN"].value


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where a canary was seen."""

    setting: str
    place: str
    around: str


def sightings(birds: Iterable[Canary], places: Iterable[tuple[str, bytes]], *, user: str) -> list[Sighting]:
    """Every place that holds any form of a canary, once for each of them."""
    forms = [(bird.setting, {form for form in bird.forms(user=user) if len(form) >= SHORTEST}) for bird in birds]
    found = []
    for place, content in places:
        for setting, shapes in forms:
            at = max(content.find(shape) for shape in shapes)
            if at >= 0:
                around = content[max(0, at - KEPT_SMALL) : at + KEPT_SMALL].decode(errors="replace")
                found.append(Sighting(setting=setting, place=place, around=around))
    return found


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every log of the processes that ran below *folder*."""
    for path in sorted(folder.rglob("*.log")):
        yield path.relative_to(folder).as_posix(), path.read_bytes()
