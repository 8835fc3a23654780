"""The lock that lets one process alone serve a SQLite file."""

import os
from pathlib import Path

from storage.address import parse
from storage.errors import AlreadyRunning
from storage.filesystem import require_local


class ProcessLock:
    """
    A lock on `<file>.lock` beside the SQLite file, which the system drops when the process dies, however it dies.

    PostgreSQL needs none: there any number of processes may run, and it does nothing.
    """

    def __init__(self, url: str) -> None:
        path = parse(url).path
        self._path = None if path is None else path.with_name(path.name + ".lock")
        self._file: int | None = None

    @property
    def path(self) -> Path | None:
        """The file that is locked, None for PostgreSQL."""
        return self._path

    def acquire(self) -> None:
        """Hold the lock until `release` or the end of the process; raises AlreadyRunning or NetworkFileSystem at once."""
        if self._path is None or self._file is not None:
            return
        import fcntl  # not on every system, and only needed for a SQLite file

        require_local(self._path)
        file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            raise AlreadyRunning(self._path) from error
        self._file = file

    def release(self) -> None:
        """Let another process have the lock. The file stays: removing it would let two processes lock two different files."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
