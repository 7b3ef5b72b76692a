"""Intake, fetching: the listing and the files of one source, tried again when a connection breaks, within its time."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from schemas.values import Delivery
from sources.connectors.address import MAILBOX
from sources.connectors.connector import (
    AccessRefusedError,
    BrokenOffError,
    Connector,
    FileNotFetchedError,
    InboxUnreachableError,
    RemoteFile,
)
from tasks.intake.fetch_landing import land, too_large
from tasks.intake.fetch_limits import Deadline, FetchLimits, OutOfTimeError, wait_before

Answer = TypeVar("Answer")

STILL_WRITTEN = "文件还在写入，留待下次采集"


@dataclass(frozen=True, slots=True)
class NotFetched:
    """A file left where it is tonight, and why (Chinese). It is tried again the next night, unless it came inside a zip."""

    address: str
    file_name: str
    reason: str


class FetchJob:
    """One source to be fetched: how to connect, where its files land, and what it may cost. Its time runs from now."""

    def __init__(
        self,
        partner_code: str,
        connect: Callable[[], Connector],
        landing: Path,
        now: datetime,
        limits: FetchLimits,
        sleep: Callable[[float], None] = time.sleep,
        deadline: Deadline | None = None,
    ) -> None:
        self.partner_code = partner_code
        self.connect = connect
        self.landing = landing
        self.now = now
        self.limits = limits
        self.sleep = sleep
        self.deadline = deadline or Deadline(limits.source_seconds)

    def for_partner(self, code: str) -> FetchJob:
        """The same source and the same time, for the files of one partner in it."""
        return FetchJob(code, self.connect, self.landing, self.now, self.limits, self.sleep, self.deadline)

    def wait(self, failures: int) -> None:
        """Waits after the nth failure in a row."""
        wait_before(failures, self.limits, self.deadline, self.sleep)


def list_patiently(job: FetchJob) -> list[RemoteFile]:
    """All files of the source.

    Raises:
        InboxUnreachableError: it cannot be listed whole within its time.
    """
    return reach(job, lambda: _list(job))


def reach(job: FetchJob, ask: Callable[[], Answer]) -> Answer:
    """What `ask` returns; a place that does not answer is asked again, one that refuses us is not.

    Raises:
        InboxUnreachableError: it does not answer within its time.
    """
    for failures in range(1, job.limits.attempts):
        try:
            return ask()
        except AccessRefusedError:
            raise
        except InboxUnreachableError:
            job.wait(failures)
            if not job.deadline.left:
                raise
    return ask()


def set_aside_unfinished(job: FetchJob, changed: Sequence[RemoteFile]) -> tuple[Sequence[RemoteFile], list[NotFetched]]:
    """The files to fetch, and those still being written: changed moments ago, and changing or empty when looked at again."""
    fresh = {remote.address: remote for remote in changed if _is_fresh(remote, job.limits.fresh_seconds)}
    if not fresh:
        return changed, []
    job.sleep(min(job.deadline.left, job.limits.look_again_seconds))
    try:
        still = set(_list(job))
    except InboxUnreachableError:
        still = set()  # not to be seen again: better a night late than half a file
    unfinished = {address for address, remote in fresh.items() if remote not in still or not remote.size_bytes}
    waiting = [NotFetched(one.address, one.name, STILL_WRITTEN) for one in changed if one.address in unfinished]
    return [one for one in changed if one.address not in unfinished], waiting


def fetch_files(job: FetchJob, wanted: Sequence[RemoteFile]) -> list[Delivery | NotFetched]:
    """Lands the files, in the order wanted as far as the connection holds; a file it breaks off in comes again at the end."""
    queue, results = deque(wanted), dict[str, Delivery | NotFetched]()
    failures, tries = 0, Counter[str]()
    while queue:
        try:
            for remote, result in _fetch_over_one_connection(job, queue):
                results[remote.address] = result
                failures = 0
        except (BrokenOffError, InboxUnreachableError) as error:
            failures += 1
            tries[queue[0].address] += 1
            lasting = isinstance(error, AccessRefusedError) or failures >= job.limits.attempts
            if tries[queue[0].address] >= job.limits.attempts or lasting:
                for remote in list(queue) if lasting else [queue[0]]:
                    results[remote.address] = NotFetched(remote.address, remote.name, str(error))
                    queue.remove(remote)
            else:
                queue.rotate(-1)
            if queue:
                job.wait(failures)
    return [results[remote.address] for remote in wanted]


def _list(job: FetchJob) -> list[RemoteFile]:
    listed = []
    with job.connect() as connector:
        for remote in connector.list_files():
            listed.append(remote)
            if not job.deadline.left:
                raise InboxUnreachableError(
                    f"列出文件超过 {job.limits.source_seconds:g} 秒，没有列完；请减少该处的文件"
                )
    return listed


def _fetch_over_one_connection(
    job: FetchJob, queue: deque[RemoteFile]
) -> Iterator[tuple[RemoteFile, Delivery | NotFetched]]:
    """What became of file after file; the one at hand stays first in the queue until it is settled."""
    with job.connect() as connector:
        while queue:
            result = _fetch_file(job, connector, queue[0])
            yield queue.popleft(), result


def _fetch_file(job: FetchJob, connector: Connector, remote: RemoteFile) -> Delivery | NotFetched:
    try:
        job.deadline.check()
        if (remote.size_bytes or 0) > job.limits.max_bytes:
            raise too_large(remote.size_bytes or 0, job.limits.max_bytes)
        landed = land(job.landing, lambda sink: connector.fetch(remote, sink), job.limits.max_bytes, job.deadline)
    except BrokenOffError as error:
        if job.deadline.left:
            raise
        return NotFetched(remote.address, remote.name, str(error))
    except (FileNotFetchedError, OutOfTimeError) as error:
        return NotFetched(remote.address, remote.name, str(error))
    return Delivery(
        sha256=landed.sha256,
        partner_code=job.partner_code,
        channel=remote.address.partition(":")[0],
        address=remote.address,
        file_name=remote.name,
        size_bytes=landed.size_bytes,
        seen_at=job.now,
        path=landed.path,
        sender=remote.sender,
        modified_at=remote.modified_at,
        etag=remote.etag,
        message_id=remote.message_id,
        subject=remote.subject,
    )


def _is_fresh(remote: RemoteFile, seconds: float) -> bool:
    """Whether it changed so lately that somebody may still be writing it; by the clock, not by the night's instant."""
    if remote.modified_at is None or remote.address.startswith(f"{MAILBOX}:"):
        return False
    return remote.modified_at > datetime.now(UTC) - timedelta(seconds=seconds)
