"""Bench: fuzzing of the reading: damaged files through the real read path in guarded workers; a fault of ours is a failure.

Run: python -m bench.fuzz --cases N --seed S [--keep FOLDER] [--only NAME]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from bench.fuzz_seeds import corpora, ledgers
from bench.mutations import mutate
from schemas.contract import shipped_contracts
from schemas.values import Delivery, Reading, SubmissionState
from sources.registry import load_registry
from tasks.intake.reading_worker import ENDED_WORKER, OUR_FAULT, TOO_DEEP, TOO_LONG, TOO_MUCH_MEMORY, TOO_SLOW
from tasks.intake.reading_workers import Guard, read_deliveries

_PARTNERS = {"wuwei": "武威职业学院", "hetian": "和田职业技术学院"}
_BY_GUARD = frozenset({ENDED_WORKER, TOO_DEEP, TOO_LONG, TOO_MUCH_MEMORY, TOO_SLOW})
GUARD = Guard(workers=2, memory_bytes=2**29, seconds=10.0)


@dataclass(slots=True)
class Outcome:
    """What became of the cases: how many ended how, and the names of those that must not have ended so."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Cases that came back."""
        return sum(self.counts.values())


def fuzz(cases: int, seed: int, folder: Path, *groups: Mapping[str, bytes], guard: Guard = GUARD) -> Outcome:
    """Read so many damaged files.

    Args:
        cases: how many.
        seed: case i of a seed is always the same file.
        folder: where cases are written; those that fail stay there.
        groups: the files that are damaged, name → bytes; each group gives as many cases as the others.
        guard: limits of the workers.
    """
    registry = load_registry(_partners(folder))
    outcome = Outcome()
    deliveries = _cases(cases, seed, folder, [group for group in groups if group])
    for reading in read_deliveries(deliveries, shipped_contracts(), registry, b"fuzz", guard):
        kind, failure = _judged(reading)
        outcome.counts[kind] += 1
        if failure:
            outcome.failures[reading.delivery.path.name] = failure
        else:
            reading.delivery.path.unlink()
    if outcome.total != cases:
        outcome.failures["(all)"] = f"{cases} cases went in, {outcome.total} readings came back"
    return outcome


def _cases(cases: int, seed: int, folder: Path, groups: Sequence[Mapping[str, bytes]]) -> Iterator[Delivery]:
    now = datetime.now(UTC)
    for number in range(cases):
        random = Random(f"{seed}:{number}")  # noqa: S311 - repeatable, not secret
        files = random.choice(groups)
        name = random.choice(sorted(files))
        path = folder / f"{seed}-{number}-{name}"
        path.write_bytes(mutate(files[name], random))
        size = path.stat().st_size
        yield Delivery(path.name, "wuwei", "folder", f"folder:wuwei/{name}", name, size, now, path)


def _judged(reading: Reading) -> tuple[str, str | None]:
    """How a case ended, and what is wrong with that, if anything is."""
    found = [finding.found for finding in reading.findings]
    if OUR_FAULT in found:
        return "fault of ours", OUR_FAULT
    if any(not (finding.message and finding.expected and finding.fix) for finding in reading.findings):
        return reading.state.value, "a finding without words"
    if reading.state is SubmissionState.RECEIVED:
        return "received", None if reading.submissions else "received without a submission"
    if not reading.findings:
        return reading.state.value, "refused without a finding"
    ended = [text for text in found if text in _BY_GUARD]
    return (f"ended by the guard: {ended[0]}" if ended else f"{reading.state} {reading.findings[0].rule_id}"), None


def _partners(folder: Path) -> Path:
    place = folder / "partners"
    place.mkdir(parents=True, exist_ok=True)
    for code, name in _PARTNERS.items():
        (place / f"{code}.yaml").write_text(f"code: {code}\nname: {name}\nkind: supported_school\n", encoding="utf-8")
    return place


def main() -> int:
    """Fuzz, print the counts, and say which cases failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for cases that fail (default: a new temporary one)")
    parser.add_argument("--only", default="", help="only seeds whose name holds this")
    told = parser.parse_args()
    folder = told.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    groups = [
        {name: content for name, content in files.items() if told.only in name} for files in (ledgers(), corpora())
    ]
    start = time.monotonic()
    outcome = fuzz(told.cases, told.seed, folder, *groups)
    print(
        f"{outcome.total} cases from {sum(map(len, groups))} files, seed {told.seed}, {time.monotonic() - start:.0f} s"
    )
    for kind, count in outcome.counts.most_common():
        print(f"  {count:>7}  {kind}")
    for name, failure in outcome.failures.items():
        print(f"FAILED {folder / name}: {failure}")
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
