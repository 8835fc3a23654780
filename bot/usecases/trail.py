"""Everything that was kept of the audit trail, held against it."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.settings import AuditSettings, split_keys
from storage import audit, checkpoints, cuts
from storage.audit import Broken, Verified
from storage.checkpoint import Checkpoint
from storage.checkpoints import Examined, Flaw
from storage.cuts import Unvouched
from storage.db import UnitOfWork
from storage.signing import Keyring


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
