"""Intake, reading: many deliveries at once in worker processes with memory and time limits, so that one file harms no other."""

from __future__ import annotations

import gc
import logging
import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing.context import BaseContext
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from schemas.contract import Contract
from schemas.values import Delivery, Reading, SubmissionState
from sources.registry import Registry
from tasks.intake.grid import Limits
from tasks.intake.packed import pack
from tasks.intake.read_findings import file_finding
from tasks.intake.reading import Approvals, DeliveryReader, build_reader

_LOG = logging.getLogger(__name__)
_BATCH_FILES = 8
_BATCH_BYTES = 2 * 2**20
_BATCHES_AHEAD = 4
"""Batches handed out per worker: enough to keep it busy, few enough that results do not pile up."""

_OBJECTS_BETWEEN_COLLECTIONS = 1_000_000
"""Reading makes no cycles worth finding; Python's usual 700 costs a third of the reading time."""

_reader: DeliveryReader | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """What reading may take: processes side by side; memory (beyond a worker's own) and wall time a file; sizes of files."""

    workers: int = 2
    memory_bytes: int = 2**30
    seconds: float = 60.0
    limits: Limits = field(default_factory=Limits)


def read_deliveries(
    deliveries: Iterable[Delivery],
    contracts: Mapping[str, Contract],
    registry: Registry,
    hash_key: bytes,
    guard: Guard | None = None,
    approvals: Approvals | None = None,
) -> Iterator[Reading]:
    """Read deliveries in guarded worker processes; readings come in the order they are finished, one for each delivery.

    A file that crashes its worker, hangs or outgrows its memory becomes one finding (`file.unreadable`); the others go on.

    Args:
        deliveries: what to read; taken only as fast as it is read.
        contracts: as for `read_delivery`; sent to each worker once, like the registry.
        registry: the partners.
        hash_key: secret of the office for hashed codes.
        guard: processes and limits. Memory is limited where the platform can; time and sizes everywhere.
        approvals: as for `build_reader`.
    """
    guard = guard or Guard()
    waiting = iter(deliveries)
    first = list(islice(waiting, guard.workers * _BATCHES_AHEAD * _BATCH_FILES))
    if not first:
        return
    size = max(1, min(_BATCH_FILES, len(first) // (guard.workers * _BATCHES_AHEAD)))
    pool = ProcessPool(
        max_workers=min(guard.workers, len(first)),
        initializer=_start_worker,
        initargs=(dict(contracts), registry, hash_key, guard, approvals or {}),
        context=_context(),
    )
    try:
        with _collections_seldom():
            yield from _Readers(pool, guard).read(_batches(first, waiting, size))
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


@contextmanager
def _collections_seldom() -> Iterator[None]:
    """Readings arrive as millions of cells that all stay: looking through them for cycles again and again finds none."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@dataclass(slots=True)
class _Readers:
    """The batches now with the workers."""

    pool: ProcessPool
    guard: Guard
    running: dict[Future[list[Reading]], Sequence[Delivery]] = field(default_factory=dict)

    def read(self, batches: Iterator[Sequence[Delivery]]) -> Iterator[Reading]:
        """Keep the workers supplied until every batch has an outcome."""
        for batch in islice(batches, self.guard.workers * _BATCHES_AHEAD):
            self._hand_out(batch)
        while self.running:
            done, _ = wait(self.running, return_when=FIRST_COMPLETED)
            for future in done:
                batch = self.running.pop(future)
                for following in islice(batches, 1):
                    self._hand_out(following)
                yield from self._outcome(future, batch)

    def _hand_out(self, batch: Sequence[Delivery]) -> None:
        self.running[self.pool.schedule(_read_batch, args=(batch,), timeout=self.guard.seconds)] = batch

    def _outcome(self, future: Future[list[Reading]], batch: Sequence[Delivery]) -> Iterator[Reading]:
        error = future.exception()
        if error is None:
            yield from future.result()
        elif len(batch) > 1:
            # One of them did it: each gets a process call of its own, so that only the culprit is lost.
            for delivery in batch:
                self._hand_out([delivery])
        else:
            yield _lost(batch[0], _reason(error, batch[0]))


def _batches(first: Iterable[Delivery], rest: Iterator[Delivery], size: int) -> Iterator[Sequence[Delivery]]:
    """Small files together, to spare the way to a worker and back; a large one alone."""
    batch: list[Delivery] = []
    for delivery in chain(first, rest):
        batch.append(delivery)
        if len(batch) >= size or sum(one.size_bytes for one in batch) > _BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _reason(error: BaseException, delivery: Delivery) -> str:
    if isinstance(error, TimeoutError):
        return "读取超时"
    if isinstance(error, ProcessExpired):
        _LOG.warning("reading %s ended its worker (exit code %s)", delivery.sha256[:12], error.exitcode)
        return "读取时出现严重错误，可能占用内存过多或文件内部已损坏"
    # A fault of ours on one file: told loudly, but the other partners' files still load.
    _LOG.error("reading %s failed", delivery.sha256[:12], exc_info=error)
    return "读取程序出错，请与双高办联系"


def _lost(delivery: Delivery, reason: str) -> Reading:
    finding = file_finding("file.unreadable", found=reason, reason=reason)
    return Reading(delivery, (), (finding,), SubmissionState.UNREADABLE)


def _context() -> BaseContext:
    """Workers are forked from a clean server: a fork of a process with threads (Prefect's) may hang."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from tasks.intake.worker_context import BareContext  # noqa: PLC0415 - not on every platform

    context = BareContext()
    context.set_forkserver_preload([__name__])
    return context


def _start_worker(
    contracts: Mapping[str, Contract], registry: Registry, hash_key: bytes, guard: Guard, approvals: Approvals
) -> None:
    global _reader  # noqa: PLW0603 - one reader a process, kept for its caches
    _reader = build_reader(contracts, registry, hash_key, guard.limits, approvals)
    _limit_memory(guard.memory_bytes)
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 50, 100)


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on every platform

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        # No such limit here (macOS ignores it): the time limit and the size guards still hold.
        return
    ceiling = pages * resource.getpagesize() + memory_bytes
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard), hard))


def _read_batch(batch: Sequence[Delivery]) -> list[Reading]:
    return [pack(_read_one(delivery)) for delivery in batch]


def _read_one(delivery: Delivery) -> Reading:
    if _reader is None:
        raise RuntimeError("the worker was not started through read_deliveries")
    try:
        return _reader.read(delivery)
    except MemoryError:
        return _lost(delivery, "展开后占用内存过多")
