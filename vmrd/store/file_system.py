"""What kind of file system a path lies on. SQLite's locks and its shared memory are not to be had over a network."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")
FAR = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ocfs2", "gfs2"}
    | {f"fuse.{kind}" for kind in ("sshfs", "glusterfs", "ceph", "s3fs", "rclone", "gcsfuse", "davfs", "smbnetfs")}
)
"""As the kernel calls those that other machines can write to."""


def file_system_of(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """The kind of file system the nearest folder that is there lies on, as the kernel calls it; None where unknown."""
    wanted = os.path.realpath(path)
    best, kind = "", None
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    for line in lines:
        head, _, tail = line.partition(" - ")
        point = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), head.split(" ")[4])
        if len(point) >= len(best) and (wanted == point or wanted.startswith(point.rstrip("/") + "/")):
            best, kind = point, tail.split(" ")[0]
    return kind
