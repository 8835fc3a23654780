"""The `comeback` command."""

import gc
import sys
import traceback
from types import TracebackType

OBJECTS_BEFORE_A_LOOK = 20_000
"""Python looks for garbage after every 700 new objects, which is a sixth of each start: modules make a million, and all of them stay."""


def main() -> None:
    """Run the command line; what nobody caught is printed without its secrets."""
    gc.set_threshold(OBJECTS_BEFORE_A_LOOK)
    sys.excepthook = _show_uncaught
    # Through click rather than by calling the Typer app, which puts an excepthook of its own in place of ours.
    from typer.main import get_command

    from bot.cli import app

    get_command(app)(prog_name="comeback")


def _show_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from bot.redaction import Redactor, secrets_of
    from bot.settings import SettingsError, load

    try:
        secrets = secrets_of(load())
    except SettingsError:
        secrets = frozenset()
    text = "".join(traceback.format_exception(kind, error, trace))
    print(Redactor(secrets).clean(text), end="", file=sys.stderr)


if __name__ == "__main__":
    main()
