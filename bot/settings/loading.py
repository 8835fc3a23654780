"""Reads the settings: the environment before `.env` before `comeback.toml`, all in the working directory, all checked at once."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import partial, reduce
from pathlib import Path
from typing import Any, TypeVar, cast, overload

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource

from bot.settings.connections import AtlassianSettings, SlackSettings
from bot.settings.model import Settings
from bot.settings.problems import Place, Problem, SettingsError, from_validation, known_variables, meaning_of, missing, unknown
from bot.settings.products import ProductSettings
from bot.settings.section import Section, variable
from bot.settings.spelling import TOML_FILE, Spelling
from bot.settings.values import database_passwords

ENV_FILE = Path(".env")
SECRETS = ("slack_bot_token", "slack_app_token", "slack_signing_secret", "atlassian_api_key", "atlassian_site_token", "sealing_keys")
TABLED_SECRETS = (("audit", "signing_key"), ("mail", "password"), ("siem", "url"), ("siem", "secret"))
"""Those that stand in a table."""

_SITE = ("atlassian_site_url", "atlassian_site_email", "atlassian_site_token")

S = TypeVar("S", bound=Section)


@overload
def load() -> Settings: ...
@overload
def load(section: type[S]) -> S: ...
def load(section: type[Section] = Settings) -> Section:
    """
    The settings of *section*, all of them by default, checked as a whole.

    Raises SettingsError with one problem for each value that is missing, wrong or unknown; `migrate` and the like load only the section
    that they need, and are not stopped by what is wrong elsewhere.
    """
    try:
        raw = _read(section)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems: tuple[Problem, ...] = (_unreadable(error),)
    else:
        problems = tuple(_problems(section, raw))
    if problems:
        # Raised out here on purpose: an error of pydantic's as its context would carry the values along.
        raise SettingsError(problems)
    return section.model_validate(raw)


def require_port(settings: Settings) -> int:
    """The port that Slack reaches us at in HTTP mode; raises SettingsError when there is none."""
    if settings.port is None:
        raise SettingsError(_meant("port", why="needed without SLACK_APP_TOKEN, as Slack then reaches us by HTTP"))
    return settings.port


def require_public_url(settings: ProductSettings) -> str:
    """Our address as Slack reaches it; raises SettingsError when there is none."""
    if settings.public_url is None:
        raise SettingsError(_meant("public_url", why="needed for a manifest for HTTP"))
    return settings.public_url


def _problems(section: type[Section], raw: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        section.model_validate(raw)
    except ValidationError as error:
        yield from from_validation(error, in_toml=partial(_is_from_toml, section=section))
    if issubclass(section, SlackSettings):
        yield from _missing_for_http(raw)
    if issubclass(section, AtlassianSettings):
        yield from _missing_for_site(raw)
    yield from _secrets_in_toml(section)
    if section is Settings:
        yield from _unknown_names()


def _read(section: type[Section]) -> dict[str, Any]:
    """The values as they stand, by variable, the three sources laid over one another."""
    return reduce(_overlay, (_by_variable(source, section) for source in (_toml(), *_variables(section))))


def _variables(section: type[Section]) -> tuple[dict[str, Any], ...]:
    return _FromFile.of(section), _FromEnvironment.of(section)


def _is_from_toml(place: Place, *, section: type[Section]) -> bool:
    """Whether what stands at *place* was set in `comeback.toml`, and by no variable."""
    above = any(_reaches(_by_variable(source, section), place) for source in _variables(section))
    return bool(place) and not above and _reaches(_by_variable(_toml(), section), place)


def _reaches(values: Mapping[str, Any], place: Place) -> bool:
    """Whether there is something at *place*; below what is no table, nothing more is looked for."""
    found: Any = values
    for name in place:
        if not isinstance(found, Mapping):
            return True
        if name not in found:
            return False
        found = found[name]
    return True


def _by_variable(values: Mapping[str, Any], section: type[Section]) -> dict[str, Any]:
    """The values of *section* under their variables: pydantic-settings gives tables by field and plain values by variable."""
    given = {variable(name): values[name] for name in section.model_fields if name in values}
    return given | {name: values[name] for name in map(variable, section.model_fields) if name in values}


def _toml() -> dict[str, Any]:
    return tomllib.loads(TOML_FILE.read_text(encoding="utf-8")) if TOML_FILE.is_file() else {}


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """*above* over *below*, table by table."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _overlay(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return merged


class _FromEnvironment(EnvSettingsSource):
    """The environment as pydantic-settings reads it, except that text which should be JSON and is not stays text, to be refused later."""

    @classmethod
    def of(cls, section: type[Section]) -> dict[str, Any]:
        # The source asks its class for no more than fields and configuration, which every pydantic model has; a BaseSettings would
        # read the environment again whenever a test or a caller makes one by hand.
        return cls(cast("type[BaseSettings]", section), env_nested_delimiter="__", env_ignore_empty=True)()

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class _FromFile(_FromEnvironment, DotEnvSettingsSource):
    """The same for `.env`, of which only what belongs to the section is taken."""

    @classmethod
    def of(cls, section: type[Section]) -> dict[str, Any]:
        owner = cast("type[BaseSettings]", section)
        return cls(owner, env_file=ENV_FILE, dotenv_filtering="only_existing", env_nested_delimiter="__", env_ignore_empty=True)()


def _unreadable(error: OSError | ValueError) -> Problem:
    if isinstance(error, tomllib.TOMLDecodeError):
        # Only the place: the message may quote what stands there.
        place = re.search(r"line \d+, column \d+", str(error))
        where = place[0] if place else "the end of the file"
        return Problem(variable=str(TOML_FILE), sentence=f"{TOML_FILE} is not TOML: look at {where}.")
    if isinstance(error, OSError):
        return Problem(variable=str(error.filename), sentence=f"{error.filename} cannot be read: {error.strerror}.")
    return Problem(variable=str(ENV_FILE), sentence=f"{ENV_FILE} and {TOML_FILE} must be UTF-8 text.")


def _meant(name: str, *, why: str) -> Iterator[Problem]:
    meaning = meaning_of(Settings.model_fields[name])
    if meaning:
        yield missing(Spelling(path=(name,)), meaning, why=why)


def _missing_for_http(raw: Mapping[str, Any]) -> Iterator[Problem]:
    if not raw.get("SLACK_APP_TOKEN") and not raw.get("SLACK_SIGNING_SECRET"):
        yield from _meant("slack_signing_secret", why="needed without SLACK_APP_TOKEN, as Slack then reaches us by HTTP")


def _missing_for_site(raw: Mapping[str, Any]) -> Iterator[Problem]:
    given = [name for name in _SITE if raw.get(variable(name))]
    for name in _SITE:
        if given and name not in given:
            yield from _meant(name, why=f"needed with {variable(given[0])}")


def _secrets_in_toml(section: type[Section]) -> Iterator[Problem]:
    toml = _toml()
    database = toml.get("database_url")
    with_password = isinstance(database, str) and database_passwords(database)
    plain = (*SECRETS, *(["database_url"] if with_password else []))
    for path in (*((name,) for name in plain), *TABLED_SECRETS):
        if path[0] in section.model_fields and _reaches(toml, path):
            yield _secret_in_toml(path)


def _secret_in_toml(path: Place) -> Problem:
    name = Spelling(path=path).name
    sentence = (
        f"{'.'.join(path)} is a secret and must not stand in {TOML_FILE}: remove it there, renew it if the file was shared, "
        f"and set {name} in the environment or in {ENV_FILE}."
    )
    return Problem(variable=name, sentence=sentence)


def _unknown_names() -> Iterator[Problem]:
    known = known_variables(Settings.model_fields)
    tops = {name.partition("__")[0] for name in known}
    for name in sorted({*map(str.upper, os.environ), *map(str.upper, dotenv_values(ENV_FILE))}):
        if name.startswith("COMEBACK_") and name.partition("__")[0] not in tops:
            yield unknown(name, known)
    for name, value in _toml().items():
        if name not in Settings.model_fields:
            yield from _unknown_in_toml(name, value)


def _unknown_in_toml(name: str, value: object) -> Iterator[Problem]:
    # An unknown table is told by its settings, as a variable for each of them would be.
    paths = [(name, inner) for inner in value] if isinstance(value, Mapping) and value else [(name,)]
    for path in paths:
        setting = Spelling(path=path, in_toml=True)
        yield unknown(setting.name, Settings.model_fields, place=setting.place)
