"""One unit of work: the connection of its transaction, its time, its ids, and the audit entries that it will end with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from storage import chain
from storage.address import Kind
from storage.cipher import Cipher
from storage.keyring import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOfWork:
    """
    What a storage function works with; `now` is the only time of the unit.

    `person_keys` are the data keys met so far, None for one that is destroyed; no longer than the unit, so that an erasure holds everywhere
    at once.

    Nobody commits by hand: the unit is stored as a whole when the function that got it returns, and not at all when it raises.
    """

    connection: Connection
    kind: Kind
    now: datetime
    new_id: Callable[[], str]
    new_token: Callable[[], str]
    wake: Callable[[], None]
    writes: bool
    keyring: Keyring = field(default_factory=Keyring)
    person_keys: dict[str, Cipher | None] = field(default_factory=dict)
    _drafts: list[chain.Draft] = field(default_factory=list)
    _callbacks: dict[Callable[[], None], None] = field(default_factory=dict)

    def audit(self, kind: str, actor: Mapping[str, str], *, request_id: str | None = None, **facts: chain.Fact) -> None:
        """
        Write an audit entry at the end of this unit: no entry, no fact.

        Facts are ids, codes and counts: raises UnfitFact for a float, an e-mail address, a Slack id or free text.
        """
        if not self.writes:
            raise RuntimeError("a reading unit of work has no audit entries")
        self._drafts.append(chain.draft(kind=kind, at=self.now, actor=actor, request_id=request_id, facts=facts))

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call *callback*, once however often it is given, after COMMIT and from the thread of the database: it must be thread-safe."""
        self._callbacks[callback] = None

    @property
    def callbacks(self) -> tuple[Callable[[], None], ...]:
        """What to call after COMMIT, in the order given."""
        return tuple(self._callbacks)

    def seal(self) -> None:
        """Append the buffered audit entries; the last thing before the unit is stored, so that the chain's lock is held shortest."""
        if self._drafts:
            chain.append(self.connection, self._drafts, locked_by_advisory=self.kind == "postgresql")
            self._drafts.clear()
