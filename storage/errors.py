"""
Why storage could not do its work, one class per reaction.

StorageError
├── DatabaseAway           cannot be reached, or lost the work: nothing of it is stored; try again later
├── DatabaseBusy           did not get through in time; `taken` tells whether it may be stored all the same
├── NoDatabase             no file where DATABASE_URL points: set it right, or run `comeback migrate`
├── NotPermitted           the database's role may not: run the command with the role that owns the tables
├── SchemaOutdated         run `comeback migrate`
├── SchemaTooNew           a later release has been here: run that release
├── AlreadyRunning         another process serves this SQLite file
├── NetworkFileSystem      SQLite's locks do not hold there: choose a local disk or PostgreSQL
├── PostgresDriverMissing  install the extra `postgres`
├── UnsupportedDatabase    DATABASE_URL names something else than SQLite or PostgreSQL
├── LeaseLost              another worker has the job now: drop it, write nothing
├── SealingKeyMissing      texts were sealed with a master key that is not in COMEBACK_SEALING_KEYS: put it back
├── PersonErased           the person was erased meanwhile: drop the work; who asks again is somebody new
└── AccountTaken           the Atlassian account belongs to another person: ask a human
"""

from pathlib import Path


class StorageError(Exception):
    """Storage could not do its work; the subclasses say what to do about it."""


class DatabaseAway(StorageError):
    """The database cannot be used now; nothing of the unit of work is stored. `reason` never holds a password."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the database is away: {reason}")
        self.reason = reason


class DatabaseBusy(StorageError):
    """
    The unit of work did not get through in time, or nobody can say whether it did.

    `taken` False: it never ran and never will. `taken` True: it was running when we stopped waiting, or the connection was
    lost at its COMMIT, so it may be stored.
    """

    def __init__(self, *, taken: bool) -> None:
        super().__init__(
            "the database did not say whether the work is stored: look before you repeat it"
            if taken
            else "the database is busy: nothing was stored"
        )
        self.taken = taken


class NoDatabase(StorageError):
    """DATABASE_URL points to a SQLite file that is not there; only `comeback migrate` and `comeback run` make one."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"there is no database at {path}: check DATABASE_URL, or run `comeback migrate` to make one")
        self.path = path


class SchemaOutdated(StorageError):
    """The tables are older than this release (`current` is None in an empty database): `comeback migrate` mends it."""

    def __init__(self, *, current: str | None, needed: str) -> None:
        super().__init__(f"the database is at schema {current or 'none'}, this release needs {needed}: run `comeback migrate`")
        self.current = current
        self.needed = needed


class NotPermitted(StorageError):
    """The database's role may not do this: the bot's own on PostgreSQL, which can neither change the tables nor cut the audit trail."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the database's role may not do this ({reason}): "
            "`comeback migrate` and `comeback audit prune` need the role that owns the tables"
        )


class SchemaTooNew(StorageError):
    """The tables are newer than this release knows; running on would damage them."""

    def __init__(self, *, current: str, needed: str) -> None:
        super().__init__(f"the database is at schema {current}, this release knows only {needed}: run the newer release")
        self.current = current
        self.needed = needed


class AlreadyRunning(StorageError):
    """Another process holds the lock of this SQLite file; a second one would send everything twice."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"another Comeback is running on this database: it holds {path}")
        self.path = path


class NetworkFileSystem(StorageError):
    """The SQLite file lies on a network file system, where its locks do not hold."""

    def __init__(self, path: Path, *, kind: str) -> None:
        super().__init__(f"{path} is on a network file system ({kind}), where SQLite may lose data: use a local disk, or PostgreSQL")
        self.path = path
        self.kind = kind


class PostgresDriverMissing(StorageError):
    """DATABASE_URL asks for PostgreSQL, whose driver is an extra."""

    def __init__(self) -> None:
        super().__init__("PostgreSQL needs its driver: install the extra `postgres` (requirements.txt has it)")


class UnsupportedDatabase(StorageError):
    """DATABASE_URL cannot be used; the message never quotes it, as it may hold a password."""

    def __init__(self, found: str) -> None:
        super().__init__(f"DATABASE_URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, not {found}")
        self.found = found


class LeaseLost(StorageError):
    """The lease of the job ended and somebody else may have it: what this worker found out must not be stored."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"the lease of job {job_id} is lost")
        self.job_id = job_id


class SealingKeyMissing(StorageError):
    """Something in the database was sealed with a master key that is not in the settings; `name` tells keys apart."""

    def __init__(self, name: str) -> None:
        super().__init__(f"personal data is sealed with the key {name}, which is not in COMEBACK_SEALING_KEYS: add it after the first key")
        self.name = name


class PersonErased(StorageError):
    """Something was to be kept about a person who has just been erased; nothing of this unit may be stored."""

    def __init__(self, person_id: str) -> None:
        super().__init__(f"person {person_id} is erased")
        self.person_id = person_id


class AccountTaken(StorageError):
    """The Atlassian account is linked to another person already."""

    def __init__(self, *, account_id: str, person_id: str) -> None:
        super().__init__(f"account {account_id} is linked to person {person_id}")
        self.account_id = account_id
        self.person_id = person_id
