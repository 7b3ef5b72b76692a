"""Intake, reading: many deliveries at once in worker processes with memory and time limits, so that one file harms no other."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing.context import BaseContext

from pebble import ProcessExpired, ProcessPool

from schemas.contract import Contract
from schemas.values import Delivery, Reading, SubmissionState
from sources.registry import Registry
from tasks.intake.read_findings import file_finding
from tasks.intake.reading import Approvals
from tasks.intake.reading_worker import (
    ENDED_WORKER,
    OUR_FAULT,
    TOO_SLOW,
    Answer,
    Fault,
    Guard,
    read_batch,
    start_worker,
)

__all__ = ["Guard", "prepare_workers", "read_deliveries", "worker_context"]

_PROCESSOR_TIME_OVER = 24
"""SIGXCPU, which not every platform names."""

_LOG = logging.getLogger(__name__)
_BATCH_FILES = 8
_BATCH_BYTES = 2 * 2**20
_BATCHES_AHEAD = 4
"""Batches handed out per worker: enough to keep it busy, few enough that results do not pile up."""

_BATCHES_A_WORKER = 250
"""A worker is replaced after so many: whatever native readers leak must not be charged to a later file."""

_OBJECTS_BETWEEN_COLLECTIONS = 1_000_000


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
        max_tasks=_BATCHES_A_WORKER,
        initializer=start_worker,
        initargs=(dict(contracts), registry, hash_key, guard, approvals or {}),
        context=worker_context(),
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
    running: dict[Future[list[Answer]], Sequence[Delivery]] = field(default_factory=dict)

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
        self.running[self.pool.schedule(read_batch, args=(batch,), timeout=self.guard.seconds)] = batch

    def _outcome(self, future: Future[list[Answer]], batch: Sequence[Delivery]) -> Iterator[Reading]:
        error = future.exception()
        if error is None:
            yield from map(_reading, batch, future.result())
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
        return TOO_SLOW
    if isinstance(error, ProcessExpired):
        _LOG.warning("reading %s ended its worker (exit code %s)", delivery.sha256[:12], error.exitcode)
        return TOO_SLOW if error.exitcode == -_PROCESSOR_TIME_OVER else ENDED_WORKER
    _LOG.error("reading %s failed", delivery.sha256[:12], exc_info=error)
    return OUR_FAULT


def _reading(delivery: Delivery, answer: Answer) -> Reading:
    if isinstance(answer, Fault):
        if answer.trace:
            _LOG.error("reading %s failed\n%s", delivery.sha256[:12], answer.trace)
        return _lost(delivery, answer.reason)
    reading = pickle.loads(answer)  # noqa: S301 (bytes made by our own worker from conformed cells)
    if not isinstance(reading, Reading):
        raise TypeError(f"a worker answered with {type(reading).__name__}")
    return reading


def _lost(delivery: Delivery, reason: str) -> Reading:
    finding = file_finding("file.unreadable", found=reason, reason=reason)
    return Reading(delivery, (), (finding,), SubmissionState.UNREADABLE)


def prepare_workers(is_awaited: bool = False) -> None:
    """Begin to start what worker processes are forked from, which takes half a second, while there is something else to do.

    Costs nothing where it runs already, or where workers are started otherwise.

    Args:
        is_awaited: return only when it is ready.
    """
    context = worker_context()
    if context.get_start_method() != "forkserver":
        return
    from multiprocessing.forkserver import ensure_running  # noqa: PLC0415 - not on every platform

    ensure_running()
    if is_awaited:
        nothing = context.Process(target=int)  # type: ignore[attr-defined] # typeshed knows it of the concrete ones only
        nothing.start()
        nothing.join()


def worker_context() -> BaseContext:
    """Workers are forked from a clean server: a fork of a process with threads (Prefect's) may hang."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from tasks.intake.worker_context import BareContext  # noqa: PLC0415 - not on every platform

    context = BareContext()
    context.set_forkserver_preload([start_worker.__module__])
    return context
