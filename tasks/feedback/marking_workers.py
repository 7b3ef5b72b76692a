"""Feedback: many marked workbooks at once in worker processes, so that one odd file neither holds up nor harms the others."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TypeAlias

from pebble import ProcessPool

from schemas.values import Delivery, Finding
from tasks.feedback.marked import write_list_workbook, write_marked_workbook
from tasks.feedback.question_list import AskedQuestion
from tasks.intake.reading_worker import limit_memory
from tasks.intake.reading_workers import worker_context

Marking: TypeAlias = tuple[Delivery, Sequence[Finding], Path, Sequence[AskedQuestion]]
"""A file, what to say about it, the path of the workbook to write, and what its sender is asked to explain."""

_LOG = logging.getLogger(__name__)
_BATCH = 8
_FEW = 12
"""So few are written sooner than a process starts."""


def write_workbooks(markings: Sequence[Marking], workers: int, memory_bytes: int, seconds: float) -> None:
    """Write a marked workbook for each file; one that takes too much time or memory gets its list alone.

    Args:
        markings: what to write.
        workers: processes.
        memory_bytes: what one of them may use.
        seconds: what one file may take.

    Raises:
        OSError: a workbook cannot be written, even as a list.
    """
    if len(markings) <= _FEW or workers == 1:
        write_batch(markings)
        return
    batches = [markings[start : start + _BATCH] for start in range(0, len(markings), _BATCH)]
    for marking in _failed(batches, workers, memory_bytes, seconds * _BATCH):
        write_list_workbook(*marking)


def write_batch(markings: Sequence[Marking]) -> None:
    """Write them one after the other, in this process."""
    for marking in markings:
        write_marked_workbook(*marking)


def _failed(batches: Sequence[Sequence[Marking]], workers: int, memory_bytes: int, seconds: float) -> Iterator[Marking]:
    """Hand everything to the workers; the files of a batch that failed are tried one by one, and told when they fail again."""
    with ProcessPool(workers, initializer=limit_memory, initargs=(memory_bytes,), context=worker_context()) as pool:
        running = [(batch, pool.schedule(write_batch, args=(batch,), timeout=seconds)) for batch in batches]
        again = [marking for batch, future in running if _error(future) for marking in batch]
        alone = [(marking, pool.schedule(write_batch, args=([marking],), timeout=seconds)) for marking in again]
        for marking, future in alone:
            error = _error(future)
            if error:
                _LOG.warning("marking %s failed: %r", marking[0].sha256[:12], error)
                yield marking


def _error(future: Future[None]) -> BaseException | None:
    return future.exception()
