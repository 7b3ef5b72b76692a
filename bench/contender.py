"""Bench: one measured program in a process of its own: wall seconds, what it said of itself, peak memory of its whole family."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LOOK_EVERY = 0.1


@dataclass(slots=True)
class Stopwatch:
    """Wall seconds by stage, in the order stages were first entered."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds the wall seconds of the block to the stage's."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program. `seconds` runs from its launch to its end; `peaks_mb` are the peaks of its processes, largest first."""

    seconds: float
    peaks_mb: tuple[float, ...]
    stages: Mapping[str, float]
    numbers: Mapping[str, float]

    @property
    def peak_mb(self) -> float:
        """Resident memory of the largest process at its largest, in MB."""
        return max(self.peaks_mb, default=0.0)


class ProgramFailedError(RuntimeError):
    """A measured program ended with an error; the text is the end of what it said."""


def tell(stopwatch: Stopwatch, **numbers: float) -> None:
    """What a measured program says of itself: one line of JSON, the last of its output."""
    print(json.dumps({"stages": stopwatch.seconds, "numbers": numbers}), flush=True)


def run_program(arguments: Sequence[str], python: str = sys.executable, **environment: str) -> Run:
    """Run `python ARGUMENTS` from the checkout, watching the memory of it and of all processes it starts.

    Raises:
        ProgramFailedError: it ended with another exit code than 0.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [python, *arguments], cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    watch = _MemoryWatch(process.pid)
    said, complained = process.communicate()
    seconds = time.perf_counter() - started
    peaks = watch.stop()
    if process.returncode:
        raise ProgramFailedError(f"{' '.join(arguments)}: exit code {process.returncode}\n{(complained or said)[-3000:]}")
    last = said.strip().rsplit("\n", 1)[-1]
    told = json.loads(last) if last.startswith('{"stages"') else {"stages": {}, "numbers": {}}
    return Run(seconds, peaks, told["stages"], told["numbers"])


def median(runs: Sequence[Run]) -> Run:
    """The median run: seconds and stages each by their own median, the largest peak of all runs."""
    names = runs[0].stages
    return Run(
        statistics.median(run.seconds for run in runs),
        max((run.peaks_mb for run in runs), key=lambda peaks: max(peaks, default=0.0)),
        {name: statistics.median(run.stages.get(name, 0.0) for run in runs) for name in names},
        runs[-1].numbers,
    )


class _MemoryWatch:
    """Looks at the peak resident memory (VmHWM) of a process and its descendants until stopped.

    Not getrusage: its peak of a child begins at that of the parent that forked it.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, float] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[float, ...]:
        self._stopped.set()
        self._thread.join()
        return tuple(sorted(self._peaks.values(), reverse=True))

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY):
            for pid in _family(self._pid):
                self._peaks[pid] = max(self._peaks.get(pid, 0.0), _peak_mb(pid))


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        lists = [path.read_text(encoding="ascii") for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # ended while we looked
        return
    for child in " ".join(lists).split():
        yield from _family(int(child))


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:  # ended while we looked
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
