"""Which file system a path is on, as far as Linux tells; elsewhere every path counts as local."""

from collections.abc import Iterable
from pathlib import Path

from storage.errors import NetworkFileSystem

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    {
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)


def require_local(path: Path) -> None:
    """Raise NetworkFileSystem when *path* (which need not exist) is where SQLite's locks do not hold: https://sqlite.org/useovernet.html."""
    if not _MOUNTS.exists():
        return
    kind = kind_of(path.resolve(), mounts=_MOUNTS.read_text().splitlines())
    if kind in _NETWORK:
        raise NetworkFileSystem(path, kind=kind)


def kind_of(path: Path, *, mounts: Iterable[str]) -> str:
    """The type of the file system of an absolute *path*, from lines of `/proc/self/mountinfo`; "" when no mount has it."""
    best, kind = -1, ""
    for line in mounts:
        before, _, after = line.partition(" - ")
        point = Path(before.split(" ")[4].replace("\\040", " "))
        # Not only the longest: a later mount on the same point hides the earlier one.
        if len(point.parts) >= best and path.is_relative_to(point):
            best, kind = len(point.parts), after.split(" ")[0]
    return kind
