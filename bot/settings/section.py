"""What all sections of the settings have in common: the names of their variables, and that they are frozen."""

from pydantic import AliasGenerator, BaseModel, ConfigDict

_PLAIN_NAMES = frozenset({"database_url", "port", "log_level"})
_PLAIN_PREFIXES = ("slack_", "atlassian_org_", "atlassian_api_", "atlassian_site_")


def variable(name: str) -> str:
    """The environment variable of the field *name*."""
    plain = name in _PLAIN_NAMES or name.startswith(_PLAIN_PREFIXES)
    return name.upper() if plain else f"COMEBACK_{name.upper()}"


class Table(BaseModel):
    """A nested table, `__` in the environment; a name it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Section(BaseModel):
    """Some of the settings, frozen; made by `load`, or by hand from the fields' names."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        alias_generator=AliasGenerator(validation_alias=variable),
        validate_by_alias=True,
        validate_by_name=True,
    )
