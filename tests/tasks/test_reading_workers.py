"""Many deliveries in guarded workers: one bad file is one finding, and every other delivery comes back."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter

from schemas.contract import shipped_contracts
from schemas.values import Delivery
from sources.registry import Registry, load_registry
from tasks.intake.reading import read_delivery
from tasks.intake.reading_workers import Guard, read_deliveries

HEADER = "受援单位,实训室名称,使用面积,设备总值,工位数,建成时间"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("partners")
    (folder / "wuwei.yaml").write_text("code: wuwei\nname: 武威职业学院\nkind: supported_school\n", encoding="utf-8")
    return load_registry(folder)


def _delivery(path: Path) -> Delivery:
    now = datetime(2022, 1, 5, tzinfo=UTC)
    return Delivery(
        path.stem, "wuwei", "folder", f"folder:wuwei/{path.name}", path.name, path.stat().st_size, now, path
    )


def _ledger(folder: Path, number: int) -> Delivery:
    path = folder / f"room{number}.csv"
    rows = "\n".join(f"武威职业学院,实训室{number}-{row},1,约2,3个,2021.3" for row in range(3))
    path.write_text(f"2021年实训室建设情况一览表\n{HEADER}\n{rows}\n", encoding="utf-8")
    return _delivery(path)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """A sound ledger of 30,000 rows: more than a narrow limit lets pass."""
    path = tmp_path_factory.mktemp("large") / "large.xlsx"
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["2021年实训室建设情况一览表"])
        sheet.write_row(1, 0, HEADER.split(","))
        for row in range(2, 30_000):
            sheet.write_row(row, 0, ["武威职业学院", f"第{row}实训室", row + 0.5, row / 7, row % 90, "2021.3"])
    return _delivery(path)


def _outcomes(deliveries: list[Delivery], registry: Registry, guard: Guard) -> dict[str, tuple[str, ...]]:
    """Each delivery's state and what was found, and that there is one reading of each."""
    readings = list(read_deliveries(deliveries, shipped_contracts(), registry, b"secret", guard))
    assert sorted(reading.delivery.sha256 for reading in readings) == sorted(each.sha256 for each in deliveries)
    return {
        reading.delivery.sha256: (reading.state.value, *(finding.found for finding in reading.findings))
        for reading in readings
    }


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        (Guard(workers=2, memory_bytes=30 * 2**20), "展开后占用内存过多"),
        (Guard(workers=1, seconds=0.15), "读取超时"),
        (Guard(workers=2, answer_bytes=50_000), "读出的内容过多，超出一份台账的规模"),
    ],
    ids=["memory", "time", "answer"],
)
def test_a_file_beyond_a_limit_is_one_finding_and_the_others_are_read(tmp_path, registry, large, guard, reason):
    ledgers = [_ledger(tmp_path, number) for number in range(12)]
    outcomes = _outcomes([*ledgers[:5], large, *ledgers[5:]], registry, guard)
    assert outcomes.pop("large") == ("unreadable", reason)
    assert set(outcomes.values()) == {("received",)}


def test_a_file_that_hangs_without_working_takes_only_itself(tmp_path, registry):
    """In a batch of eight, each of the other seven is read although the worker they were with was ended."""
    hanging = tmp_path / "hanging.csv"
    os.mkfifo(hanging)
    delivery = Delivery(
        "hanging",
        "wuwei",
        "folder",
        "folder:wuwei/hanging.csv",
        "hanging.csv",
        1,
        datetime(2022, 1, 5, tzinfo=UTC),
        hanging,
    )
    # Reading a pipe nobody writes to waits for ever without using the processor.
    ledgers = [_ledger(tmp_path, number) for number in range(16)]
    outcomes = _outcomes([*ledgers, delivery], registry, Guard(workers=2, seconds=1))
    assert outcomes.pop("hanging") == ("unreadable", "读取超时")
    assert set(outcomes.values()) == {("received",)}


def test_nothing_stays_open_and_nobody_stays_behind(tmp_path, registry):
    deliveries = [_ledger(tmp_path, number) for number in range(6)]
    _outcomes(deliveries, registry, Guard(workers=2))
    before = _open_files(), _descendants(os.getpid())
    for _ in range(3):
        _outcomes(deliveries, registry, Guard(workers=2))
    # The server that forks the workers, and its line to us, stay for the next night.
    assert (_open_files(), _descendants(os.getpid())) == before


def test_a_reading_that_is_given_up_half_way_leaves_no_worker(tmp_path, registry):
    deliveries = [_ledger(tmp_path, number) for number in range(60)]
    readings = read_deliveries(deliveries, shipped_contracts(), registry, b"secret", Guard(workers=2))
    next(readings)
    before = _descendants(os.getpid())
    readings.close()
    assert len(before - _descendants(os.getpid())) == 2


PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from schemas.contract import shipped_contracts
from schemas.values import Delivery
from sources.registry import load_registry
from tasks.intake.reading_workers import Guard, read_deliveries

if __name__ == "__main__":
    pipe = Path(sys.argv[1])
    delivery = Delivery("0", "wuwei", "folder", "folder:a", "a.csv", 1, datetime.now(UTC), pipe)
    print("reading", flush=True)
    list(read_deliveries([delivery] * 4, shipped_contracts(), load_registry(pipe.parent), b"k", Guard(2, seconds=60)))
"""


def test_workers_end_when_their_parent_is_killed(tmp_path):
    pipe = tmp_path / "a.csv"
    os.mkfifo(pipe)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(program), str(pipe)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        family = _until(lambda: _descendants(parent.pid), lambda found: len(found) >= 4)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert _until(lambda: {process for process in family if _is_alive(process)}, lambda alive: not alive) == set()


WORKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from schemas.contract import shipped_contracts
from schemas.values import Delivery
from sources.registry import load_registry
from tasks.intake.reading_worker import Guard, read_batch, start_worker

file = Path(sys.argv[1])
delivery = Delivery("0", "wuwei", "folder", "folder:a", file.name, file.stat().st_size, datetime.now(UTC), file)
start_worker(shipped_contracts(), load_registry(file.parent), b"k", Guard(seconds=float(sys.argv[2])), {})
(answer,) = read_batch([delivery])
sys.exit(0 if isinstance(answer, bytes) else 1)
"""


@pytest.mark.parametrize(("rows", "seconds", "ended"), [(300_000, 0.5, -signal.SIGXCPU), (300, 60, 0)])
def test_a_worker_nobody_watches_any_more_ends_by_its_own_processor_time(tmp_path, rows, seconds, ended):
    """No parent, no clock beside it: what stops it is the processor time it took for one file."""
    path = tmp_path / "large.csv"
    lines = "\n".join(f"武威职业学院,第{row}实训室,{row}.5,约{row}.7,{row % 90}个,2021.3" for row in range(rows))
    path.write_text(f"2021年实训室建设情况一览表\n{HEADER}\n{lines}\n", encoding="utf-8")
    worker = tmp_path / "worker.py"
    worker.write_text(WORKER, encoding="utf-8")
    command = [sys.executable, str(worker), str(path), str(seconds)]
    assert subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, check=False).returncode == ended


def _until(look, is_enough, seconds: float = 10.0):
    end = time.monotonic() + seconds
    while not is_enough(found := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _open_files() -> int:
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _descendants(process: int) -> set[int]:
    """Living processes below a process."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(entry.parent.name)] = int(parent)
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def test_a_worker_reads_what_this_process_reads(tmp_path, registry):
    delivery = _ledger(tmp_path, 1)
    (reading,) = read_deliveries([delivery], shipped_contracts(), registry, b"secret", Guard(workers=1))
    (ours,) = read_delivery(delivery, shipped_contracts(), registry, b"secret").submissions
    (theirs,) = reading.submissions
    assert {name: list(column) for name, column in theirs.columns.items()} == {
        name: list(column) for name, column in ours.columns.items()
    }
    assert (theirs.rows.tolist(), theirs.layouts, theirs.period) == (ours.rows.tolist(), ours.layouts, ours.period)
    assert theirs.columns["equipment_cny"][0].is_approximate


def test_nothing_to_read_starts_nothing(registry):
    empty: Iterator[Delivery] = iter(())
    assert list(read_deliveries(empty, shipped_contracts(), registry, b"secret")) == []
