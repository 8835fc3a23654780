"""The settings as far as they can be used, section by section, and a red line for each that cannot."""

from dataclasses import dataclass
from typing import TypeVar

from bot.doctor.lines import Chapter, Line, green, red
from bot.settings import (
    AdminSettings,
    AtlassianSettings,
    DatabaseSettings,
    OutgoingSettings,
    PolicySettings,
    Problem,
    ProcessSettings,
    ProductSettings,
    Settings,
    SettingsError,
    SlackSettings,
    TrailSettings,
    load,
    require_port,
)
from bot.settings.section import Section

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The sections that are whole; one that is None is not looked into, as its red lines say enough."""

    slack: SlackSettings | None
    atlassian: AtlassianSettings | None
    database: DatabaseSettings | None
    admin: AdminSettings | None
    products: ProductSettings | None
    process: ProcessSettings | None
    policy: PolicySettings | None
    trail: TrailSettings | None
    outgoing: OutgoingSettings | None


def read() -> tuple[Loaded, Chapter]:
    """What can be used, and the lines about the settings themselves."""
    loaded = Loaded(
        slack=_part(SlackSettings),
        atlassian=_part(AtlassianSettings),
        database=_part(DatabaseSettings),
        admin=_part(AdminSettings),
        products=_part(ProductSettings),
        process=_part(ProcessSettings),
        policy=_part(PolicySettings),
        trail=_part(TrailSettings),
        outgoing=_part(OutgoingSettings),
    )
    return loaded, Chapter(title="Settings", lines=_lines())


def _part(section: type[S]) -> S | None:
    try:
        return load(section)
    except SettingsError:
        return None


def _lines() -> tuple[Line, ...]:
    try:
        settings = load()
        if not settings.socket_mode:
            require_port(settings)
    except SettingsError as error:
        return tuple(_wrong(problem) for problem in error.problems)
    return (_summary(settings),)


def _wrong(problem: Problem) -> Line:
    # A line begins with its subject, and so does the sentence.
    return red(problem.variable, problem.sentence.removeprefix(f"{problem.variable} "), "")


def _summary(settings: Settings) -> Line:
    mode = "Socket Mode" if settings.socket_mode else f"HTTP on port {settings.port}"
    names = ", ".join(product.name for product in settings.products.values())
    return green("settings", f"complete: {names}; {mode}")
