"""Step 1 of intake: list a partner's inbox, land what is new under its hash, leave alone what was already seen."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from schemas.values import Delivery, Sighting
from sources.connectors.address import InboxAddressError, connector_for
from sources.connectors.connector import (
    Connector,
    FileNotFetchedError,
    InboxUnreachableError,
    RemoteFile,
)
from sources.partner import Partner

MAX_BYTES = 50 * 1024 * 1024
READ_ONLY = 0o444


class FetchOutcome(StrEnum):
    """How an inbox answered: it held files, it held none, or it could not be listed."""

    OK = "ok"
    EMPTY = "empty"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class NotFetched:
    """A file left where it is tonight, and why (Chinese). It is tried again the next night."""

    address: str
    file_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one partner's inbox gave in one night.

    `deliveries` are to be read. `touched` hold the bytes last seen at their address under a new time or size: they are only
    to be recorded as sightings, so that the next night need not fetch them again. `unchanged_count` counts the files not
    fetched because size and time were those last seen. `reason` (Chinese) is given when the inbox could not be listed.
    """

    partner_code: str
    outcome: FetchOutcome
    reason: str | None = None
    deliveries: tuple[Delivery, ...] = ()
    touched: tuple[Delivery, ...] = ()
    unchanged_count: int = 0
    not_fetched: tuple[NotFetched, ...] = ()


def fetch_partner(
    partner: Partner,
    inbox_folder: Path,
    landing: Path,
    known: Mapping[str, Sighting],
    now: datetime,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """Lists the partner's inbox and lands every file that is not the one last seen at its address.

    A faulty file or inbox never stops the night: it is reported in the value.

    Args:
        partner: whose inbox.
        inbox_folder: where relative `folder:` inboxes stand.
        landing: archive of everything received; a file lands as <first two hex digits>/<sha256>, read-only.
        known: what last stood at each address of this partner, by address.
        now: the instant written into the deliveries, timezone-aware.
        max_bytes: the largest file taken, in bytes.

    Raises:
        OSError: the landing folder cannot be written.
    """
    try:
        connector = connector_for(partner, inbox_folder)
        listed = list(connector.list_files())
    except InboxUnreachableError as error:
        return Fetched(partner.code, FetchOutcome.UNREACHABLE, str(error))
    except InboxAddressError as error:
        return Fetched(partner.code, FetchOutcome.UNREACHABLE, f"报送地址登记有误：{error}")
    if not listed:
        return Fetched(partner.code, FetchOutcome.EMPTY)
    changed = [remote for remote in listed if not _stands_unchanged(remote, known.get(remote.address))]
    landed = [_fetch_file(connector, remote, partner, landing, now=now, max_bytes=max_bytes) for remote in changed]
    return _sort_out(partner, landed, known, unchanged_count=len(listed) - len(changed))


def _stands_unchanged(remote: RemoteFile, seen: Sighting | None) -> bool:
    # A source that tells no time of change cannot be trusted to be unchanged.
    return (
        seen is not None
        and remote.modified_at is not None
        and (remote.size_bytes, remote.modified_at) == (seen.size_bytes, seen.modified_at)
    )


def _sort_out(
    partner: Partner, landed: list[Delivery | NotFetched], known: Mapping[str, Sighting], unchanged_count: int
) -> Fetched:
    deliveries = [item for item in landed if isinstance(item, Delivery)]
    same = {d.address for d in deliveries if d.address in known and known[d.address].sha256 == d.sha256}
    return Fetched(
        partner.code,
        FetchOutcome.OK,
        deliveries=tuple(d for d in deliveries if d.address not in same),
        touched=tuple(d for d in deliveries if d.address in same),
        unchanged_count=unchanged_count,
        not_fetched=tuple(item for item in landed if isinstance(item, NotFetched)),
    )


def _fetch_file(
    connector: Connector, remote: RemoteFile, partner: Partner, landing: Path, *, now: datetime, max_bytes: int
) -> Delivery | NotFetched:
    try:
        if remote.size_bytes > max_bytes:
            raise _too_large(remote.size_bytes, max_bytes)
        sha256, size_bytes, path = _land(connector, remote, landing, max_bytes)
    except FileNotFetchedError as error:
        return NotFetched(remote.address, remote.name, str(error))
    return Delivery(
        sha256=sha256,
        partner_code=partner.code,
        channel=remote.address.partition(":")[0],
        address=remote.address,
        file_name=remote.name,
        size_bytes=size_bytes,
        seen_at=now,
        path=path,
        modified_at=remote.modified_at,
    )


def _land(connector: Connector, remote: RemoteFile, landing: Path, max_bytes: int) -> tuple[str, int, Path]:
    """Copies one file into the landing folder; nothing is visible under a hash before its bytes are whole and on disk."""
    landing.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=".landing-", dir=landing)
    try:
        with os.fdopen(descriptor, "wb") as file:
            sink = _HashingSink(file, max_bytes)
            connector.fetch(remote, sink)
            file.flush()
            os.fsync(file.fileno())
        sha256 = sink.hash.hexdigest()
        return sha256, sink.size_bytes, _place(Path(part), landing / sha256[:2] / sha256, sink.size_bytes)
    finally:
        Path(part).unlink(missing_ok=True)


def _place(part: Path, path: Path, size_bytes: int) -> Path:
    """Moves a whole file under its hash. One already there stays, unless a power cut has cut it short."""
    if path.exists() and path.stat().st_size == size_bytes:
        return path
    path.parent.mkdir(exist_ok=True)
    part.chmod(READ_ONLY)
    part.replace(path)
    return path


class _HashingSink:
    """Writes, hashes and counts in one pass, and stops a file that grows past the limit."""

    def __init__(self, file: BinaryIO, max_bytes: int) -> None:
        self.file = file
        self.max_bytes = max_bytes
        self.hash = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        self.size_bytes += len(data)
        if self.size_bytes > self.max_bytes:
            raise _too_large(self.size_bytes, self.max_bytes)
        self.hash.update(data)
        self.file.write(data)


def _too_large(size_bytes: int, max_bytes: int) -> FileNotFetchedError:
    sizes = f"{size_bytes / 1024**2:.1f} MB，上限 {max_bytes / 1024**2:.1f} MB"
    return FileNotFetchedError(f"文件过大（{sizes}），未接收；请分成几个文件报送，或与双高办联系")
