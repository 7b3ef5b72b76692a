"""Intake, recognising: a sheet that repeats or sums the other sheets of its workbook (汇总, 合计, 总表) is not counted again."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from schemas.values import Finding, Place, RefusedTable
from tasks.intake.read_findings import file_finding
from tasks.intake.read_table import Table

Result: TypeAlias = Table | Finding | RefusedTable

_SUMMARY = re.compile(r"汇总|总表|合计|总计|总台账|总览")
_TOLERANCE = 0.005
"""Sums of yuan and of shares of a unit are floats here."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The tables of one sheet under one contract and year: its rows as they compare, and the sum of each numeric column."""

    name: str
    tables: tuple[Table, ...]
    rows: Counter[tuple[object, ...]]
    sums: dict[str, float]

    @property
    def is_summary(self) -> bool:
        """Whether it is called one."""
        return _SUMMARY.search(self.name) is not None


def without_summaries(results: Sequence[Result]) -> list[Result]:
    """The results without the tables that say again what other sheets of the same contract and year say, and why.

    A sheet is left out when each of its rows stands on the other sheets, or when it is called a summary and its sums are
    theirs. One called a summary that has only some of their rows, or other sums, may be anything: nothing of that contract
    and year is taken, and both are named.
    """
    by_slot: dict[tuple[str, str], list[Table]] = defaultdict(list)
    for result in results:
        if isinstance(result, Table):
            by_slot[result.conformed.contract.contract, result.period].append(result)
    left: set[int] = set()
    told: list[Finding] = []
    for tables in by_slot.values():
        if len({table.conformed.layout.sheet for table in tables}) > 1:
            for sheets, finding in _left_out(_sheets(tables)):
                left |= {id(table) for sheet in sheets for table in sheet.tables}
                told.append(finding)
    return [*(result for result in results if id(result) not in left), *told]


def _left_out(sheets: Sequence[_Sheet]) -> Iterator[tuple[Sequence[_Sheet], Finding]]:
    """The sheets not taken. Those called summaries go first, then the later ones: of two alike, the first stays."""
    kept = list(sheets)
    later_first = sheets[::-1]
    for sheet in sorted(later_first, key=lambda one: not one.is_summary):
        others = [one for one in kept if one is not sheet]
        if others and not sheet.rows - _all_rows(others):
            kept = others
            yield (sheet,), _told("sheet.repeats", sheet, others)
    parts = [sheet for sheet in kept if not sheet.is_summary]
    for sheet in kept if parts else ():
        if sheet.is_summary:
            is_sum = _is_sum(sheet, parts)
            rule_id = "sheet.sums" if is_sum else "sheet.summary_unclear"
            yield (sheet,) if is_sum else (sheet, *parts), _told(rule_id, sheet, parts)


def _sheets(tables: Sequence[Table]) -> list[_Sheet]:
    by_name: dict[str, list[Table]] = defaultdict(list)
    for table in tables:
        by_name[table.conformed.layout.sheet or ""].append(table)
    return [_Sheet(name, tuple(own), _rows(own), _sums(own)) for name, own in by_name.items()]


def _rows(tables: Sequence[Table]) -> Counter[tuple[object, ...]]:
    """The rows by what their cells mean; a cell that could not be read, by what stands in it."""
    rows = Counter[tuple[object, ...]]()
    for table in tables:
        columns = table.conformed.columns
        parts = []
        for column in columns.values():
            meant = [cell.raw if cell.problem else cell.value for cell in column.cells]
            parts.append([meant[code] for code in column.codes.tolist()])
        rows.update(zip(*parts, strict=True))
    return rows


def _sums(tables: Sequence[Table]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for table in tables:
        contract = table.conformed.contract
        for name in (column.name for column in contract.columns if column.is_numeric):
            column = table.conformed.columns[name]
            values = [float(cell.value) if isinstance(cell.value, (int, float)) else 0.0 for cell in column.cells]
            sums[name] += float(np.array(values)[column.codes].sum())
    return {name: total for name, total in sums.items() if total}


def _all_rows(sheets: Sequence[_Sheet]) -> Counter[tuple[object, ...]]:
    rows = Counter[tuple[object, ...]]()
    for sheet in sheets:
        rows.update(sheet.rows)
    return rows


def _is_sum(sheet: _Sheet, others: Sequence[_Sheet]) -> bool:
    """Whether what the sheet sums up to is what the others do, in every column of numbers it has."""
    totals = {name: sum(other.sums.get(name, 0.0) for other in others) for name in sheet.sums}
    return bool(totals) and all(abs(total - totals[name]) <= _TOLERANCE for name, total in sheet.sums.items())


def _told(rule_id: str, sheet: _Sheet, others: Sequence[_Sheet]) -> Finding:
    table = sheet.tables[0]
    words = {
        "sheet": sheet.name,
        "others": "、".join(f"“{one.name}”" for one in others),
        "title": table.conformed.contract.title,
        "period": table.period,
    }
    return file_finding(rule_id, Place(sheet.name), found=sheet.name, **words)
