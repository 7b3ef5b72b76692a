"""Intake, landing: bytes become visible under their hash only when they are whole and on disk, and never change after that."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from schemas.errors import UnavailableError
from sources.connectors.connector import ByteSink, FileNotFetchedError
from tasks.intake.fetch_limits import Deadline

READ_ONLY = 0o444
LEAST_FREE_BYTES = 64 * 1024 * 1024
"""With less room than this a night is not begun: it would run full in the middle."""


class LandingError(UnavailableError):
    """The landing folder cannot take files: our fault, never the partner's; the text, in Chinese, says how to mend it."""


@dataclass(frozen=True, slots=True)
class Landed:
    """Bytes in the archive: their hash, their number and where they lie."""

    sha256: str
    size_bytes: int
    path: Path


def check_landing(landing: Path) -> None:
    """Makes the landing folder where it is missing and tries to write to it.

    Raises:
        LandingError: it cannot be written, or the disk is all but full.
    """
    with _told(landing):
        landing.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=".landing-", dir=landing) as file:
            file.write(b"x")
        status = os.statvfs(landing)
        if status.f_bavail * status.f_frsize < LEAST_FREE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def land(landing: Path, write: Callable[[ByteSink], None], max_bytes: int, deadline: Deadline) -> Landed:
    """Has `write` put one file's bytes into the archive.

    Args:
        landing: the archive; a file lands as <first two hex digits>/<sha256>, read-only.
        write: writes the bytes in order and once; whatever it raises is passed on and nothing lands.
        max_bytes: the largest file taken, in bytes.
        deadline: when to stop, however much has come.

    Raises:
        FileNotFetchedError: the file is too large, or time is up.
        LandingError: the archive cannot be written.
    """
    with _told(landing):
        landing.mkdir(parents=True, exist_ok=True)
        descriptor, part = tempfile.mkstemp(prefix=".landing-", dir=landing)
    try:
        with os.fdopen(descriptor, "wb") as file:
            sink = _HashingSink(file, landing, max_bytes, deadline)
            write(sink)
            with _told(landing):
                file.flush()
                os.fsync(file.fileno())
        sha256 = sink.hash.hexdigest()
        with _told(landing):
            path = _place(Path(part), landing / sha256[:2] / sha256, sink.size_bytes)
        return Landed(sha256, sink.size_bytes, path)
    finally:
        Path(part).unlink(missing_ok=True)


def too_large(size_bytes: int, max_bytes: int) -> FileNotFetchedError:
    """The refusal of a file of that size."""
    sizes = f"{size_bytes / 1024**2:.1f} MB，上限 {max_bytes / 1024**2:.1f} MB"
    return FileNotFetchedError(f"文件过大（{sizes}），未接收；请分成几个文件报送，或与双高办联系")


@contextmanager
def _told(landing: Path) -> Iterator[None]:
    """A fault of our disk in one sentence. It is no OSError, so that no connector takes it for a fault of its network."""
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        why = "磁盘已满；请清理磁盘" if full else f"{error.strerror or error}；请检查该文件夹的权限和磁盘"
        raise LandingError(f"存放收到文件的文件夹 {landing} 不能写入：{why}后重新运行，已入库的数据不受影响") from error


def _place(part: Path, path: Path, size_bytes: int) -> Path:
    """Moves a whole file under its hash. One already there stays, unless a power cut has cut it short."""
    if path.exists() and path.stat().st_size == size_bytes:
        return path
    path.parent.mkdir(exist_ok=True)
    part.chmod(READ_ONLY)
    part.replace(path)
    return path


class _HashingSink:
    """Writes, hashes and counts in one pass, and stops a file that grows past the limit or takes too long."""

    def __init__(self, file: BinaryIO, landing: Path, max_bytes: int, deadline: Deadline) -> None:
        self.file = file
        self.landing = landing
        self.max_bytes = max_bytes
        self.deadline = deadline
        self.hash = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        self.size_bytes += len(data)
        if self.size_bytes > self.max_bytes:
            raise too_large(self.size_bytes, self.max_bytes)
        self.deadline.check()
        self.hash.update(data)
        with _told(self.landing):
            self.file.write(data)
