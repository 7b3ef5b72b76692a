"""Composes ledgers anew: invented rows of a contract, soiled in every way at once, with the truth of every row kept beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from schemas.contract import Column, ColumnType, Contract, Privacy, shipped_contracts
from tests.tasks.dirt_cells import YEAR, Dirty, Written, good_cell, joint_text, range_text
from tests.tasks.dirt_faults import bad_cell
from tests.tasks.dirt_files import DirtySheet, csv_bytes, merge_down, write_book
from tests.tasks.dirt_truth import ALWAYS, draw_truth

CONTRACTS = ("training_session", "activity", "award", "training_room", "enrolment", "task_progress")
_SHEETS = ("台账", " 2021年", "Sheet1", "表1 ")
_FOOTERS = (
    "填表人：张某　　审核人：李某",
    "说明：以上数据截至年底",
    "注：1.本表由各部门填报",
    "数据结束",
    "单位负责人：王某",
)
_SHARED = {"training_session": {"ended_on": "started_on"}, "award": {"level_code": "grade_code"}}
"""Columns that may stand in the cell of another: the end of a range of days, the level beside the grade."""
_DECORATED = ("{}", "{}", "{}", "*{}", "{}（必填）", "{} ", " {}", "{}：")


@dataclass
class Ledger:
    """A composed file and its truth: source row → column name → cell, with the position each column has in the file."""

    contract: Contract
    path: Path
    name: str
    sheet: str | None
    positions: dict[str, int]
    rows: dict[int, dict[str, Dirty]]


@dataclass(frozen=True)
class _Plan:
    """What was drawn for one file before its cells are."""

    chance: Random
    contract: Contract
    columns: tuple[Column | None, ...]
    heads: tuple[str, ...]
    units: dict[str, str | None]
    sheet_unit: str | None
    shared: dict[str, str]
    is_book: bool
    is_1904: bool

    @property
    def width(self) -> int:
        return len(self.columns)


def compose(chance: Random, folder: Path) -> Ledger:
    """One ledger in a random format, written to `folder`."""
    contract = shipped_contracts()[chance.choice(CONTRACTS)]
    is_book = chance.random() < 0.6
    plan = _plan(chance, contract, is_book)
    sheet = DirtySheet()
    _titles(plan, sheet)
    header = _header(plan, sheet)
    _body(plan, sheet, header)
    _footers(plan, sheet)
    positions = {column.name: at for at, column in enumerate(plan.columns, 1) if column}
    positions |= {name: positions[carrier] for name, carrier in plan.shared.items()}
    name = "ledger.xlsx" if is_book else chance.choice(("ledger.csv", "ledger.txt"))
    path = folder / name
    title = chance.choice(_SHEETS) if is_book else None
    if is_book:
        write_book(chance, sheet, path, title or "", plan.is_1904)
    else:
        path.write_bytes(csv_bytes(chance, sheet))
    return Ledger(contract, path, name, title, positions, sheet.rows)


def _plan(chance: Random, contract: Contract, is_book: bool) -> _Plan:
    shared = {name: carrier for name, carrier in _SHARED.get(contract.contract, {}).items() if chance.random() < 0.3}
    kept = [
        column
        for column in contract.columns
        if column.privacy in (Privacy.NONE, Privacy.PERSONAL)
        and column.name not in shared
        and (column.required or column.name in ALWAYS or chance.random() < 0.8)
    ]
    chance.shuffle(kept)
    columns: list[Column | None] = list(kept)
    heads = [_head(chance, column) for column in kept]
    units = {column.name: _header_unit(chance, column) for column in kept}
    heads = [
        f"{head.split('（')[0]}（{units[c.name]}）" if units[c.name] else head
        for head, c in zip(heads, kept, strict=True)
    ]
    sheet_unit = chance.choice((None, "元", "万元", "千元"))
    for column, head in zip(kept, heads, strict=True):
        if column.type is ColumnType.MONEY and sheet_unit and "元）" not in head:
            units[column.name] = sheet_unit
    for at, head in ((0, "序号"), (len(columns) + 1, "备注")):
        if chance.random() < 0.5:
            columns.insert(at, None)
            heads.insert(at, head)
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        at = chance.choice((0, len(columns)))
        columns.insert(at, None)
        heads.insert(at, "")
    return _Plan(
        chance,
        contract,
        tuple(columns),
        tuple(heads),
        units,
        sheet_unit,
        shared,
        is_book,
        is_book and chance.random() < 0.2,
    )


def _head(chance: Random, column: Column) -> str:
    word = chance.choice(column.headers) if chance.random() < 0.3 else column.header
    if chance.random() < 0.15 and "（" not in word:
        word = chance.choice((" ", "　")).join(word)
    return chance.choice(_DECORATED).format(word)


def _header_unit(chance: Random, column: Column) -> str | None:
    if column.type is not ColumnType.MONEY or chance.random() < 0.4:
        return None
    return chance.choice(("万元", "元", "千元"))


def _titles(plan: _Plan, sheet: DirtySheet) -> None:
    chance = plan.chance
    lines = [
        f"{YEAR}年度{plan.contract.title}",
        "单位名称（公章）：某某学院　　填表日期：2021年12月30日",
        "（请如实填写）",
        "",
    ]
    lines = lines[: chance.randint(1, len(lines))]
    for line in [*lines, f"单位：{plan.sheet_unit}"] if plan.sheet_unit else lines:
        sheet.grid.append(_row(plan, line))
        if line and plan.is_book and chance.random() < 0.6:
            sheet.merges.append((len(sheet.grid), 1, len(sheet.grid), plan.width))


def _row(plan: _Plan, first: str = "") -> list[Written]:
    return [first, *[""] * (plan.width - 1)]


def _header(plan: _Plan, sheet: DirtySheet) -> list[list[Written]]:
    """One header row, or two or three with merged groups over some columns and the rest merged downwards."""
    depth = plan.chance.choice((1, 1, 2, 3)) if plan.is_book else 1
    first = len(sheet.grid) + 1
    rows: list[list[Written]] = [_row(plan) for _ in range(depth)]
    named = [at for at, head in enumerate(plan.heads) if head]
    group = plan.chance.randrange(len(named) - 1) if depth > 1 and len(named) > 2 else None
    grouped = {named[group], named[group + 1]} if group is not None and named[group + 1] == named[group] + 1 else set()
    for at in named:
        rows[depth - 1 if at in grouped else 0][at] = plan.heads[at]
        if depth > 1 and at not in grouped:
            sheet.merges.append((first, at + 1, first + depth - 1, at + 1))
    if grouped:
        for level in range(depth - 1):
            rows[level][min(grouped)] = ("基本情况", "具体内容")[level]
            sheet.merges.append((first + level, min(grouped) + 1, first + level, max(grouped) + 1))
    sheet.grid += [list(row) for row in rows]
    return rows


def _body(plan: _Plan, sheet: DirtySheet, header: list[list[Written]]) -> None:
    chance = plan.chance
    count = chance.randint(6, 14)
    faulty = set(chance.sample(range(count), chance.randint(0, count // 4)))
    repeats = chance.random() < 0.25
    institution: str | None = None
    for number in range(count):
        if chance.random() < 0.1:
            sheet.grid.append(_row(plan))
            institution = None
        if repeats and number == count // 2:
            sheet.grid += [list(row) for row in header]
            institution = None
        if chance.random() < 0.06:
            _total(plan, sheet, "小计")
            institution = None
        institution = _record(plan, sheet, number, number in faulty, institution)
    if chance.random() < 0.6:
        _total(plan, sheet, chance.choice(("合计", "合　计", "总计")))


def _record(plan: _Plan, sheet: DirtySheet, number: int, is_faulty: bool, above: str | None) -> str | None:
    """One data row; a partner that stands above may be merged into it. Returns the partner the next row may be merged with."""
    truth = draw_truth(plan.chance, plan.contract, number)
    partner = next((c for c in plan.columns if c and c.type is ColumnType.PARTNER), None)
    is_merged = partner is not None and above is not None and plan.chance.random() < 0.4
    cells: dict[str, Dirty] = {}
    for column in filter(None, plan.columns):
        cells[column.name] = good_cell(plan.chance, column, truth[column.name], plan.units[column.name], plan.is_1904)
    if is_faulty:
        column = plan.chance.choice(
            [c for c in plan.columns if c and not (is_merged and c is partner) and c.name not in plan.shared.values()]
        )
        cells[column.name] = bad_cell(plan.chance, plan.contract, column, plan.is_book)
    for name, carrier in plan.shared.items():
        written = _shared_text(plan, truth, name, carrier)
        cells |= {one: Dirty(written, truth[one]) for one in (name, carrier)}
    row = _row(plan)
    for at, column in enumerate(plan.columns):
        row[at] = cells[column.name].written if column else (float(number + 1) if plan.heads[at] == "序号" else "")
    sheet.grid.append(row)
    at_row = len(sheet.grid)
    if is_merged and partner:
        at = plan.columns.index(partner)
        row[at] = ""
        cells[partner.name] = Dirty("", above)
        if plan.is_book:
            merge_down(sheet, at_row, at + 1)
    sheet.rows[at_row] = cells
    return None if partner is None or cells[partner.name].rule else str(cells[partner.name].value)


def _shared_text(plan: _Plan, truth: dict[str, object], name: str, carrier: str) -> str:
    first, last = truth[carrier], truth[name]
    if isinstance(first, date) and isinstance(last, date):
        return range_text(plan.chance, first, last)
    return joint_text(plan.chance, str(last), str(first))


def _total(plan: _Plan, sheet: DirtySheet, label: str) -> None:
    row = _row(plan)
    named = [at for at, column in enumerate(plan.columns) if column and not column.is_numeric]
    for at, column in enumerate(plan.columns):
        if column and column.is_numeric and plan.chance.random() < 0.8:
            row[at] = float(plan.chance.randint(100, 9999))
    row[min(named)] = label
    sheet.grid.append(row)


def _footers(plan: _Plan, sheet: DirtySheet) -> None:
    if plan.chance.random() < 0.3:
        sheet.grid.append(_row(plan))
    for line in plan.chance.sample(_FOOTERS, plan.chance.randint(0, 3)):
        sheet.grid.append(_row(plan, line))
