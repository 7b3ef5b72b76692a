"""Intake, conforming: a row for one person that names several, without saying how many it counts for, is never counted as one."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from schemas.cells import CellColumn, ConformedCell
from schemas.contract import Column, ColumnType, Contract
from schemas.units import CHINESE_NUMERALS, canonical_unit, chinese_number

SEVERAL = "several_persons"
_AND_MORE = re.compile(rf"等(?:([0-9]+)|([{CHINESE_NUMERALS}]+))?[人名位个]?")


def refuse_several_persons(contract: Contract, columns: Mapping[str, CellColumn]) -> dict[str, CellColumn]:
    """The columns, with each cell for one name that holds several a problem where its row counts one, or does not say.

    Only a contract whose rows are one person each, and may say how many person-times they count for, is concerned.
    """
    refused = dict(columns)
    times = next((column for column in contract.columns if _counts_times(column)), None)
    for column in contract.columns if times else ():
        if column.type is ColumnType.PERSON and column.name.endswith("_name") and times:
            refused[column.name] = _refused(columns[column.name], columns[times.name])
    return refused


def count_persons(names: str) -> int:
    """How many persons a cell of names speaks of, joined as the reader joins them: 张三、李四 → 2, 张三等5人 → 5, 张三等 → 2."""
    least = names.count("、") + 1
    more = _AND_MORE.search(names)
    if more is None:
        return least
    told = int(more[1]) if more[1] else chinese_number(more[2] or "")
    return max(told or 0, least if told else least + 1)


def _counts_times(column: Column) -> bool:
    return column.type is ColumnType.COUNT and canonical_unit(column.unit or "") == "人次"


def _refused(names: CellColumn, times: CellColumn) -> CellColumn:
    several = [
        code for code, cell in enumerate(names.cells) if isinstance(cell.value, str) and count_persons(cell.value) > 1
    ]
    if not several:
        return names
    silent = np.array([cell.problem is None and cell.value in (None, 1) for cell in times.cells], dtype=np.bool_)
    rows = np.isin(names.codes, several) & silent[times.codes]
    codes, cells = names.codes.copy(), list(names.cells)
    for code in several:
        own = rows & (names.codes == code)
        if own.any():
            codes[own] = len(cells)
            cells.append(ConformedCell(cells[code].raw, problem=SEVERAL))
    return CellColumn(codes, tuple(cells))
