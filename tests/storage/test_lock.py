"""The lock of the SQLite file, and the file systems on which it would not hold."""

import subprocess
import sys
from pathlib import Path

import pytest

from storage import filesystem
from storage.address import parse
from storage.db import Database
from storage.errors import AlreadyRunning, NetworkFileSystem
from storage.filesystem import kind_of
from storage.lock import ProcessLock
from tests.fixtures.databases import new_id

MOUNTS = (
    "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw",
    "40 22 0:40 / /srv/share rw,relatime shared:9 - nfs4 server:/export rw",
    "41 22 0:41 / /srv/share/local rw,relatime - ext4 /dev/vdb1 rw",
    "42 22 0:42 / /srv/my\\040share rw,relatime shared:7 master:1 - cifs //server/x rw",
    "43 22 0:43 / /over rw - nfs server:/x rw",
    "44 22 0:44 / /over rw - tmpfs tmpfs rw",
)


def test_one_process_serves_a_file(tmp_path: Path) -> None:
    """The second is refused with the name of the lock, and may start when the first is gone."""
    url = f"sqlite:///{tmp_path}/comeback.db"
    first, second = ProcessLock(url), ProcessLock(url)
    first.acquire()
    first.acquire()
    with pytest.raises(AlreadyRunning, match=r"comeback\.db\.lock"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_a_dead_process_holds_nothing(tmp_path: Path) -> None:
    """The system drops the lock of a process that was killed: nobody has to remove a file by hand."""
    url = f"sqlite:///{tmp_path}/comeback.db"
    script = (
        "import sys; from storage.lock import ProcessLock; lock = ProcessLock(sys.argv[1]); lock.acquire();"
        "print('held', flush=True); sys.stdin.read()"
    )
    root = Path(filesystem.__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", script, url], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning):
            ProcessLock(url).acquire()
        process.kill()
        process.wait()
    lock = ProcessLock(url)
    lock.acquire()
    lock.release()


def test_postgres_needs_no_lock() -> None:
    """Any number of processes may serve PostgreSQL."""
    first, second = ProcessLock("postgresql://h/d"), ProcessLock("postgresql://h/d")
    first.acquire()
    second.acquire()
    assert first.path is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/comeback.db", "ext4"),
        ("/srv/share/comeback.db", "nfs4"),
        ("/srv/shared/comeback.db", "ext4"),
        ("/srv/share/local/comeback.db", "ext4"),
        ("/srv/my share/comeback.db", "cifs"),
        ("/over/comeback.db", "tmpfs"),
    ],
)
def test_the_nearest_and_newest_mount_counts(path: str, kind: str) -> None:
    """A path belongs to the longest mount point above it, and there to the last that was mounted."""
    assert kind_of(Path(path), mounts=MOUNTS) == kind


def test_network_file_systems_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite over NFS loses data sooner or later: neither lock nor database is opened there."""
    table = tmp_path / "mountinfo"
    table.write_text(f"40 22 0:40 / {tmp_path} rw shared:9 - nfs4 server:/export rw\n")
    monkeypatch.setattr(filesystem, "_MOUNTS", table)
    url = f"sqlite:///{tmp_path}/comeback.db"
    with pytest.raises(NetworkFileSystem, match="nfs4"):
        ProcessLock(url).acquire()
    with pytest.raises(NetworkFileSystem, match="nfs4"):
        Database.open(url, clock=lambda: pytest.fail("not asked"), new_id=new_id, new_token=new_id)
    assert parse(url).path == tmp_path / "comeback.db"
    assert not (tmp_path / "comeback.db").exists()


def test_without_a_table_of_mounts_every_path_is_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other systems than Linux do not tell; there the write-ahead log itself is the test."""
    monkeypatch.setattr(filesystem, "_MOUNTS", tmp_path / "nothing")
    filesystem.require_local(tmp_path)
