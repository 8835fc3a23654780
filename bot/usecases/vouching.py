"""Vouching for the audit trail: checkpoints are made, and told to the log; what speaks against it is told to the channel."""

from functools import partial

import structlog

from bot.settings import Settings
from bot.usecases.alerts import alert_channel
from bot.usecases.trail import keyring
from storage import checkpoints
from storage.checkpoint import Checkpoint
from storage.checkpoints import Contradicted, Occupied
from storage.db import UnitOfWork

log = structlog.get_logger()


def record_checkpoint(uow: UnitOfWork, *, settings: Settings) -> None:
    """Make a checkpoint where there is something new to vouch for; it is told to the log once it is stored."""
    match checkpoints.record(uow, keyring(settings.audit)):
        case Checkpoint() as made:
            uow.on_commit(partial(tell, made))
        case Occupied(fresh=fresh):
            # The log has it whole, as its keeper would have of any other.
            uow.on_commit(partial(tell, fresh))
            _warn(uow, news="checkpoint_occupied", size=fresh.size, settings=settings)
        case Contradicted(by=earlier):
            _warn(uow, news="trail_contradicted", size=earlier.size, settings=settings)


def _warn(uow: UnitOfWork, *, news: str, size: int, settings: Settings) -> None:
    """Say in the log each time, and in the channel once a day, that somebody wrote where only we should."""
    uow.on_commit(partial(log.error, f"audit.{news}", size=size))
    alert_channel(uow, settings=settings, news=news, facts={"size": str(size)}, once=uow.now.date().isoformat())


def tell(checkpoint: Checkpoint) -> None:
    """Say the checkpoint in the log, whole, so that the log's keeper can hold it against the trail."""
    signed = checkpoint.key_id or "nobody"
    log.info("audit.checkpoint", size=checkpoint.size, root=checkpoint.root, signed_by=signed, checkpoint=checkpoint.text)
