"""Bench: score the reading against ledgers with a known truth: good rows exact, bad rows held on the right column, nothing else said.

Run: python -m bench.messy_score [FOLDER]   (FOLDER holds truth.json and the ledgers; default ../shared/messy)
"""

from __future__ import annotations

import json
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from schemas.cells import CellValue, ConformedCell
from schemas.contract import Column, ColumnType, Contract, shipped_contracts
from schemas.rule import rules_of
from schemas.values import Conformed, Delivery, Reading
from sources.registry import Registry, load_registry
from tasks.intake.judge import check
from tasks.intake.reading import DeliveryReader, build_reader

MESSY = Path(__file__).parents[2] / "shared" / "messy"
SENDER = "scorer"
_PARTNERS = """
hetian: 和田职业技术学院
wuwei: 武威职业学院
weixian: 威县职业技术教育中心
shiping: 石屏县职业高级中学
neimeng: 内蒙古化工职业学院
xiongxian: 雄县职业技术教育中心
"""
Truth = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """Right answers of all asked, by what they were asked about."""

    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def add(self, subject: str, is_right: bool) -> None:
        """Count one answer."""
        self.asked[subject] += 1
        self.right[subject] += is_right

    def lines(self) -> Iterator[str]:
        """One line a subject."""
        for subject in sorted(self.asked):
            yield f"  {subject:<28}{self.right[subject]:>6} / {self.asked[subject]}"


@dataclass(slots=True)
class Score:
    """The score over all files; `faults` names every wrong answer, `consequences` second complaints about one bad cell."""

    good_rows: Tally = field(default_factory=Tally)
    bad_rows: Tally = field(default_factory=Tally)
    cells: Tally = field(default_factory=Tally)
    false_findings: Counter[str] = field(default_factory=Counter)
    consequences: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def score_folder(folder: Path) -> Score:
    """Read every ledger of the folder's truth.json and compare."""
    score = Score()
    truths: list[Truth] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    registry = _registry()
    reader = build_reader(shipped_contracts(), registry, b"score")
    for truth in truths:
        _score_file(score, truth, _read(reader, folder / truth["file"]), registry)
    return score


def _registry() -> Registry:
    with tempfile.TemporaryDirectory() as folder:
        for line in _PARTNERS.strip().splitlines():
            code, name = line.split(": ")
            text = f"code: {code}\nname: {name}\nkind: supported_school\n"
            Path(folder, f"{code}.yaml").write_text(text, encoding="utf-8")
        return load_registry(Path(folder))


def _read(reader: DeliveryReader, path: Path) -> Reading:
    # The reader is given a name that says nothing: truth must come out of the content.
    name = f"ledger{path.suffix}"
    size = path.stat().st_size
    return reader.read(Delivery(path.stem, SENDER, "bench", name, name, size, datetime.now(UTC), path))


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of one file: its submission, where its rows stand in it, and the rules each position fails, by header."""

    submission: Conformed
    at: Mapping[int, int]
    failed: Mapping[int, Mapping[str, str]]
    held: frozenset[int]


def _score_file(score: Score, truth: Truth, reading: Reading, registry: Registry) -> None:
    contract = shipped_contracts()[truth["contract"]]
    for finding in (*reading.findings, *(finding for one in reading.submissions for finding in one.findings)):
        _false(score, truth, f"{finding.rule_id}: {finding.message}")
    slots = [(submission.contract, submission.period) for submission in reading.submissions]
    if slots != [(contract.contract, str(truth["year"]))]:
        score.good_rows.asked[truth["kind"]] += len(truth["rows"])
        score.faults.append(f"{truth['file']}: expected {contract.contract} {truth['year']}, got {slots}")
        return
    read = _judged(contract, reading.submissions[0], score, truth)
    for row in truth["rows"]:
        score.good_rows.add(truth["kind"], _score_row(score, truth, row, read, contract, registry))
    _score_problems(score, truth, read)
    expected = {row["row"] for row in truth["rows"]} | {problem["row"] for problem in truth["problems"]}
    for row in sorted(read.at.keys() - expected):
        _false(score, truth, f"row {row} was taken for a record")


def _judged(contract: Contract, submission: Conformed, score: Score, truth: Truth) -> _Read:
    at = {int(row): position for position, row in enumerate(submission.rows)}
    verdict = check(contract, [submission])[0]
    canonical = {header: contract.column(name).header for name, (_, header) in submission.layouts[0].columns.items()}
    failed: dict[int, dict[str, str]] = defaultdict(dict)
    for finding in verdict.findings:
        if finding.place.row is None:
            _false(score, truth, f"{finding.rule_id}: {finding.message}")
            continue
        failed[at[finding.place.row]][canonical.get(finding.place.header or "", "")] = finding.rule_id
    return _Read(submission, at, failed, frozenset(verdict.held.tolist()))


def _score_row(score: Score, truth: Truth, row: Truth, read: _Read, contract: Contract, registry: Registry) -> bool:
    position = read.at.get(row["row"])
    if position is None:
        score.faults.append(f"{truth['file']} row {row['row']}: good row not read")
        return False
    for rule in read.failed.get(position, {}).values():
        _false(score, truth, f"row {row['row']}: {rule}")
    is_right = position not in read.failed
    for header, expected in row["values"].items():
        column = next(column for column in contract.columns if column.header == header)
        cell = read.submission.columns[column.name][position]
        same = _is_same(expected, cell, column, registry)
        for dirt in _dirt_of(cell, column):
            score.cells.add(dirt, same)
        if not same:
            is_right = False
            score.faults.append(f"{truth['file']} row {row['row']} {header}: expected {expected!r}, read {cell}")
    return is_right


def _score_problems(score: Score, truth: Truth, read: _Read) -> None:
    for row in sorted({problem["row"] for problem in truth["problems"]}):
        wanted = {problem["header"]: problem["kind"] for problem in truth["problems"] if problem["row"] == row}
        position = read.at.get(row, -1)
        complaints = read.failed.get(position, {})
        for header, kind in wanted.items():
            is_right = position in read.held and header in complaints
            score.bad_rows.add(kind, is_right)
            if not is_right:
                score.faults.append(f"{truth['file']} row {row}: {kind} in {header} not held, complaints {complaints}")
        for header in complaints.keys() - wanted.keys():
            if _columns_of(truth, complaints[header]) & wanted.keys():
                # True of the bad cell too (its date lies before the start), only placed on the other column of the rule.
                score.consequences.append(f"{truth['file']} row {row}: {complaints[header]}")
            else:
                _false(score, truth, f"row {row}: also complained of {header}")


def _columns_of(truth: Truth, rule_id: str) -> set[str]:
    contract = shipped_contracts()[truth["contract"]]
    rule = next(rule for rule in rules_of(contract) if rule.rule_id == rule_id)
    return {contract.column(name).header for name in rule.columns}


def _false(score: Score, truth: Truth, text: str) -> None:
    score.false_findings[truth["kind"]] += 1
    score.faults.append(f"{truth['file']}: false finding: {text}")


def _is_same(expected: Any, cell: ConformedCell, column: Column, registry: Registry) -> bool:
    is_approximate = isinstance(expected, dict)
    if column.is_numeric and is_approximate is not cell.is_approximate:
        return False
    wanted = expected["about"] if is_approximate else expected
    if wanted is None or cell.value is None:
        return wanted is None and cell.value is None and cell.problem is None
    return _as_truth_says(cell.value, column, registry) == (round(float(wanted), 6) if column.is_numeric else wanted)


def _as_truth_says(value: CellValue, column: Column, registry: Registry) -> CellValue:
    """The value as the truth writes it: partners by name, money in 万元, months without a day."""
    if column.type is ColumnType.PARTNER:
        return registry.partners[str(value)].name
    if isinstance(value, date):
        return value.isoformat()[: 7 if column.type is ColumnType.MONTH else 10]
    if isinstance(value, (int, float)):
        return round(value / 10_000 if column.type is ColumnType.MONEY else value, 6)
    return value


def _dirt_of(cell: ConformedCell, column: Column) -> Iterable[str]:
    """What stands between the cell as written and its value."""
    raw = cell.raw
    plain = unicodedata.normalize("NFKC", raw)
    is_figure = column.is_numeric and any(char.isdigit() for char in plain)
    yield f"type {column.type}"
    signs = {
        "full-width digits": any("０" <= char <= "９" for char in raw),
        "stray spaces or line breaks": raw != "".join(raw.split()),
        "thousands separators": is_figure and "," in plain,
        "unit in the cell": is_figure and plain.strip()[-1:] in "人次个元㎡",
        "approximate": cell.is_approximate,
        "word for nothing": cell.value is None and raw.strip() != "",
        "choice by synonym": column.type is ColumnType.CHOICE and cell.value != raw,
        "date 2021年3月5日": column.type is ColumnType.DATE and "年" in raw,
        "date 2021.3.5": column.type is ColumnType.DATE and "." in raw,
        "date 2021/3/5": column.type is ColumnType.DATE and "/" in raw,
        "date 20210305": column.type is ColumnType.DATE and plain.isdigit(),
    }
    yield from (dirt for dirt, is_there in signs.items() if is_there)


def main() -> int:
    """Print the score; exit code 1 when it is not perfect."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else MESSY
    score = score_folder(folder)
    for title, tally in (
        ("good rows read exactly, by format", score.good_rows),
        ("bad rows held back on the right column, by defect", score.bad_rows),
        ("cells read exactly, by type and dirt", score.cells),
    ):
        right, asked = tally.right.total(), tally.asked.total()
        print(f"{title}: {right} / {asked} ({right / max(1, asked):.1%})")
        print("\n".join(tally.lines()))
    print(f"false findings: {score.false_findings.total()} {dict(score.false_findings)}")
    print(
        f"second complaints about one bad cell, true but placed on the other column of a rule: {len(score.consequences)}"
    )
    print("\n".join(score.faults[:200]))
    return 1 if score.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
