"""Bench: one measured program in a process of its own: wall seconds, what it said of itself, peak memory of its whole family."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LOOK_EVERY = 0.1
_KEEPING_COMPILED = {
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir(), "doublehigh-bench-compiled")),
}


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
    """One run of a program. `seconds` runs from its launch to its end; `peaks_mb` are the peaks of its processes, largest first.

    `cpu_seconds` is the processor time of all its processes: on a busy machine it tells more than the wall.
    """

    seconds: float
    cpu_seconds: float
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

    Modules are kept compiled, as they are wherever a program is installed; the first run of all compiles them.

    Raises:
        ProgramFailedError: it ended with another exit code than 0.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [python, *arguments],
        cwd=ROOT,
        env={**os.environ, **_KEEPING_COMPILED, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watch = _Watch(process.pid)
    said, complained = process.communicate()
    seconds = time.perf_counter() - started
    cpu_seconds, peaks = watch.stop()
    if process.returncode:
        raise ProgramFailedError(
            f"{' '.join(arguments)}: exit code {process.returncode}\n{(complained or said)[-3000:]}"
        )
    last = said.strip().rsplit("\n", 1)[-1]
    told = json.loads(last) if last.startswith('{"stages"') else {"stages": {}, "numbers": {}}
    return Run(seconds, cpu_seconds, peaks, told["stages"], told["numbers"])


def median(runs: Sequence[Run]) -> Run:
    """The median run: seconds and stages each by their own median, the largest peak of all runs."""
    names = runs[0].stages
    return Run(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.cpu_seconds for run in runs),
        max((run.peaks_mb for run in runs), key=lambda peaks: max(peaks, default=0.0)),
        {name: statistics.median(run.stages.get(name, 0.0) for run in runs) for name in names},
        runs[-1].numbers,
    )


def extrapolate(small: Run, big: Run, files: int) -> Run:
    """The run over all files, from runs over two samples: what is paid once is not scaled. Peaks and stages are the big sample's."""
    sizes = small.numbers["files"], big.numbers["files"]
    if sizes[1] >= files or sizes[0] == sizes[1]:
        return big

    def reach(first: float, second: float) -> float:
        return second + (files - sizes[1]) * (second - first) / (sizes[1] - sizes[0])

    seconds, cpu_seconds = reach(small.seconds, big.seconds), reach(small.cpu_seconds, big.cpu_seconds)
    return Run(
        seconds, cpu_seconds, big.peaks_mb, big.stages, {**big.numbers, "rows": big.numbers["rows"] * files / sizes[1]}
    )


class _Watch:
    """Looks at the processor time and the peak resident memory (VmHWM) of a process and its descendants until stopped.

    Not getrusage: its peak of a child begins at that of the parent that forked it, and of a fork server's children it knows nothing.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, float] = {}
        self._cpu: dict[int, float] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[float, tuple[float, ...]]:
        """Processor seconds of all, and the peak of each in MB, largest first."""
        self._stopped.set()
        self._thread.join()
        return sum(self._cpu.values()), tuple(sorted(self._peaks.values(), reverse=True))

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY):
            for pid in _family(self._pid):
                self._peaks[pid] = max(self._peaks.get(pid, 0.0), _peak_mb(pid))
                self._cpu[pid] = max(self._cpu.get(pid, 0.0), _cpu_seconds(pid))


def _family(pid: int) -> Iterator[int]:
    yield pid
    lists = (_told_by(path) for path in Path(f"/proc/{pid}/task").glob("*/children"))
    for child in " ".join(lists).split():
        yield from _family(int(child))


def _peak_mb(pid: int) -> float:
    status = _told_by(Path(f"/proc/{pid}/status"))
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def _cpu_seconds(pid: int) -> float:
    fields = _told_by(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _told_by(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # the process ended while we looked
        return ""
