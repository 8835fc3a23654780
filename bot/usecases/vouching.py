"""Vouching for the audit trail: checkpoints are made, and told to the log."""

from functools import partial

import structlog

from bot.settings import AuditSettings
from bot.usecases.trail import keyring
from storage import checkpoints
from storage.checkpoint import Checkpoint
from storage.db import UnitOfWork

log = structlog.get_logger()


def record_checkpoint(uow: UnitOfWork, *, settings: AuditSettings) -> Checkpoint | None:
    """The new checkpoint, where there is something new to vouch for; told to the log once it is stored."""
    made = checkpoints.record(uow, keyring(settings))
    if made is not None:
        uow.on_commit(partial(tell, made))
    return made


def tell(checkpoint: Checkpoint) -> None:
    """Say the checkpoint in the log, whole, so that the log's keeper can hold it against the trail."""
    signed = checkpoint.key_id or "nobody"
    log.info("audit.checkpoint", size=checkpoint.size, root=checkpoint.root, signed_by=signed, checkpoint=checkpoint.text)
