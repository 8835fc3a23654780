"""Vouching for the audit trail: its checkpoints are made and told, and everything that was kept is held against it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from bot.actor import Actor
from bot.settings import AuditSettings, split_keys
from bot.usecases.steps import audit_actor
from storage import audit, checkpoints, cuts
from storage.audit import Broken, Verified
from storage.checkpoint import Checkpoint
from storage.checkpoints import Examined, Flaw
from storage.cuts import Unvouched
from storage.db import UnitOfWork
from storage.signing import Keyring

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What a check of the whole trail found.

    `begins` is the number of entries that were dropped lawfully; `stored` and `flaw` (of the checkpoint that was brought along) are None
    when the chain itself is broken, as nothing can be held against it then.
    """

    chain: Verified | Broken | Unvouched
    begins: int = 0
    stored: Examined | None = None
    flaw: Flaw | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing at all was found."""
        return isinstance(self.chain, Verified) and self.flaw is None and (self.stored is None or self.stored.first_bad is None)


def keyring(settings: AuditSettings) -> Keyring:
    """The keys of the settings."""
    signing = split_keys(settings.signing_key) if settings.signing_key else ()
    return Keyring.of(signing=signing, public=settings.public_keys)


def examine(
    uow: UnitOfWork, *, keys: Keyring, against: Checkpoint | None = None, on_progress: Callable[[int], None] | None = None
) -> Verdict:
    """Whether every entry is the one that was written, and the chain goes through every checkpoint, *against* included."""
    base = cuts.base(uow, keys)
    if isinstance(base, Unvouched):
        return Verdict(chain=base)
    chain = audit.verify(uow, on_progress, base=base)
    if isinstance(chain, Broken):
        return Verdict(chain=chain, begins=base.seq)
    stored = checkpoints.examine(uow, keys=keys, base=base)
    flaw = checkpoints.flaw_of(uow, against, keys=keys, base=base) if against else None
    return Verdict(chain=chain, begins=base.seq, stored=stored, flaw=flaw)


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


def cut(uow: UnitOfWork, checkpoint: Checkpoint, *, actor: Actor) -> None:
    """The trail begins after *checkpoint* from now on, which is an entry itself."""
    cuts.cut(uow, checkpoint, actor=audit_actor(uow, actor))
