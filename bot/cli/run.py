"""`comeback run`, `web` and `worker`: the processes that stay."""

import typer

from bot.cli.exits import explained


def register(app: typer.Typer) -> None:
    """Add the three commands."""
    app.command()(run)
    app.command()(web)
    app.command()(worker)


def run() -> None:
    """Run everything in one process: Slack, worker and schedule, until SIGTERM."""
    _serve("run")


def web() -> None:
    """Run only what answers Slack; needs a `comeback worker` beside it."""
    _serve("web")


def worker() -> None:
    """Run only what works the outbox and the schedule."""
    _serve("worker")


def _serve(role: str) -> None:
    with explained():
        from bot.settings import load, require_port

        settings = load()
        if role != "worker" and not settings.socket_mode:
            require_port(settings)
        from bot import runtime

        code = runtime.main(settings, role=runtime.Role(role))
    raise typer.Exit(code)
