"""
The log: a stable event name and facts as fields; JSON unless a person watches; secrets hidden whatever happens.

Libraries speak through the same handler from WARNING up: at INFO they print bodies and addresses of people, whatever the level is set to.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.redaction import Redactor
from bot.settings import Settings

QUIET = ("aiohttp", "alembic", "apscheduler", "asyncio", "httpcore", "httpx", "slack_bolt", "slack_sdk", "sqlalchemy", "urllib3")
"""Loggers that stay at WARNING, also when our own level is DEBUG."""
ALWAYS = ("bot.usecases.vouching",)
"""Loggers that speak at INFO whatever the level: the log's copies of checkpoints are held against the trail later."""
LONGEST_FOREIGN = 10_000


class RedactingFilter(logging.Filter):
    """Cleans a library's message with its arguments filled in; drops nothing."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """True, always; the record is clean afterwards. Our own events are dictionaries and are cleaned as such."""
        if not isinstance(record.msg, dict):
            record.msg = self._redactor.clean(record.getMessage()[:LONGEST_FOREIGN])
            record.args = ()
        return True


def redacting(redactor: Redactor) -> Processor:
    """A processor that cleans every field of an event; it stands after the one that turns an exception into text."""

    def clean(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        # What begins with "_" is structlog's own and is removed before rendering.
        return {key: value if key.startswith("_") else redactor.clean_all(value) for key, value in event.items()}

    return clean


def configure(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Send our events and the libraries' records to *stream* (standard error by default); safe to call again."""
    stream = stream or sys.stderr
    redactor = Redactor.of(settings)
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter(redactor))
    handler.setFormatter(_formatter(redactor, stream=stream))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ALWAYS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(redactor: Redactor, *, stream: TextIO) -> logging.Formatter:
    watched = stream.isatty()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redacting(redactor),
            _console() if watched else structlog.processors.JSONRenderer(sort_keys=True, default=str),
        ],
    )


def _console() -> Processor:
    # A rich traceback would show local variables, secrets among them.
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
