"""Intake, reading: what happens inside a worker process: limits for each file, and an answer for each whatever befalls it."""

from __future__ import annotations

import gc
import math
import os
import pickle
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import TypeAlias

from schemas.contract import Contract
from schemas.personal import mask_personal_numbers
from schemas.values import Delivery
from sources.registry import Registry
from tasks.intake.grid import Limits
from tasks.intake.packed import pack
from tasks.intake.reading import Approvals, DeliveryReader, build_reader

_OBJECTS_BETWEEN_COLLECTIONS = 1_000_000
"""Reading makes no cycles worth finding; Python's usual 700 costs a third of the reading time."""

TOO_SLOW = "读取超时"
TOO_MUCH_MEMORY = "展开后占用内存过多"
TOO_DEEP = "内部结构嵌套过深"
TOO_LONG = "读出的内容过多，超出一份台账的规模"
ENDED_WORKER = "读取时出现严重错误，可能占用内存过多或文件内部已损坏"
OUR_FAULT = "读取程序出错，请与双高办联系"


@dataclass(frozen=True, slots=True)
class Guard:
    """What reading may take: processes side by side; memory (beyond a worker's own), processor and wall time a file; sizes.

    `answer_bytes` bounds what is read out of one file, which the parent has to hold.
    """

    workers: int = 2
    memory_bytes: int = 2**30
    seconds: float = 60.0
    limits: Limits = field(default_factory=Limits)
    answer_bytes: int = 2**28


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file gave no reading: `reason` for its sender, `trace` for us where the fault is ours."""

    reason: str
    trace: str = ""


Answer: TypeAlias = bytes | Fault
"""A pickled Reading, or why there is none. Never an exception: one that cannot be unpickled would stop the parent."""


@dataclass(frozen=True, slots=True)
class _Worker:
    reader: DeliveryReader
    guard: Guard


_worker: _Worker | None = None


def start_worker(
    contracts: Mapping[str, Contract], registry: Registry, hash_key: bytes, guard: Guard, approvals: Approvals
) -> None:
    """Prepare this process for `read_batch`: a reader, and limits it cannot exceed."""
    global _worker  # noqa: PLW0603 - one reader a process, kept for its caches
    _worker = _Worker(build_reader(contracts, registry, hash_key, guard.limits, approvals), guard)
    Thread(target=_end_with_parent, daemon=True).start()
    limit_memory(guard.memory_bytes)
    _silence()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 50, 100)


def read_batch(batch: Sequence[Delivery]) -> list[Answer]:
    """An answer for each delivery, in their order.

    Raises:
        RuntimeError: the process was not prepared by `start_worker`.
    """
    if _worker is None:
        raise RuntimeError("the worker was not started through read_deliveries")
    return [_answer(_worker, delivery) for delivery in batch]


def _answer(worker: _Worker, delivery: Delivery) -> Answer:
    _limit_processor_time(worker.guard.seconds)
    try:
        answer = pickle.dumps(pack(worker.reader.read(delivery)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return Fault(TOO_MUCH_MEMORY)
    except RecursionError:
        return Fault(TOO_DEEP)
    except Exception:  # a fault of ours on one file: told loudly by the parent, and the other files still load
        return Fault(OUR_FAULT, mask_personal_numbers(traceback.format_exc()))
    except BaseException as error:
        # pyo3's PanicException has no public name and derives from BaseException: the file broke native code.
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return Fault(ENDED_WORKER)
    return answer if len(answer) <= worker.guard.answer_bytes else Fault(TOO_LONG)


def _end_with_parent() -> None:
    """A parent that was killed tells nobody; each worker holds both ends of the pipe it waits at, and would wait for ever."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def limit_memory(memory_bytes: int) -> None:
    """Let this process use so much memory beyond what it holds now, where the platform can."""
    try:
        import resource  # noqa: PLC0415 - not on every platform

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        # No such limit here (macOS ignores it): the time limit and the size guards still hold.
        return
    ceiling = pages * resource.getpagesize() + memory_bytes
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard), hard))
    # A crash must leave no image of a partner's data on the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_processor_time(seconds: float) -> None:
    """For the file that comes next: even a worker whose parent was killed ends by itself."""
    try:
        import resource  # noqa: PLC0415 - not on every platform
    except ImportError:
        return
    ceiling = math.ceil(time.process_time()) + math.ceil(seconds)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard), hard))


def _silence() -> None:
    """What native code prints when it breaks may hold a partner's data, and says nothing the finding does not."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
