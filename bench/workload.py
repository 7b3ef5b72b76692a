"""The bench workload: invented ledgers of seven contracts, each with a title, the header on row 3 and a totals row."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from schemas.contract import Column, ColumnType, Contract, shipped_contracts
from sources.partner import Partner, PartnerKind

CONTRACTS = ("training_session", "dispatched_person", "enrolment", "award", "activity", "fund", "training_room")
COLUMNS = 20
YEARS = (2019, 2020, 2021, 2022, 2023)
LONG_AGO = (1_700_000_000, 1_700_000_000)
"""When the files were changed: one changed a moment ago would be looked at again after a second."""
WORDS = [
    "眼视光",
    "包装",
    "机电",
    "电商",
    "汽修",
    "酒店",
    "护理",
    "学前",
    "农艺",
    "物流",
    "旅游",
    "会计",
    "数控",
    "焊接",
    "烹饪",
    "服装",
    "建筑",
    "测绘",
    "化工",
    "畜牧",
]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One file of the workload and the slot it fills."""

    path: Path
    contract: str
    partner_code: str
    year: int


def bench_partners(count: int) -> list[Partner]:
    """Invented partner schools, one inbox folder each."""
    return [
        Partner(
            code=f"bench{n:03}",
            name=f"测试职业学校{n:03}号",
            kind=PartnerKind.SUPPORTED_SCHOOL,
            inbox=f"folder:bench{n:03}",
        )
        for n in range(count)
    ]


def write_partner_files(partners: list[Partner], folder: Path) -> None:
    """The partners as YAML files, as an office would keep them."""
    folder.mkdir(parents=True, exist_ok=True)
    for partner in partners:
        (folder / f"{partner.code}.yaml").write_text(partner.model_dump_json(exclude_defaults=True), encoding="utf-8")


def slots(files: int, partners: list[Partner]) -> Iterator[tuple[str, Partner, int]]:
    """Which contract, partner and year each file is about: every slot once."""
    for number in range(files):
        contract = CONTRACTS[number % len(CONTRACTS)]
        turn = number // len(CONTRACTS)
        yield contract, partners[turn // len(YEARS) % len(partners)], YEARS[turn % len(YEARS)]


def write_workload(
    folder: Path, files: int, rows: int, bad_share: float = 0.01, seed: int = 1
) -> tuple[list[Partner], list[Ledger]]:
    """Write the files below folder/<partner>/ and return partners and ledgers. About `bad_share` of the rows hold a bad cell."""
    partners = bench_partners(-(-files // (len(CONTRACTS) * len(YEARS))))
    ledgers = []
    for number, (name, partner, year) in enumerate(slots(files, partners)):
        path = folder / partner.code / f"{name}-{year}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        chance = random.Random(seed * 100_003 + number)  # noqa: S311 (invented data)
        write_ledger(path, shipped_contracts()[name], partners, year, rows, bad_share, chance)
        os.utime(path, LONG_AGO)
        ledgers.append(Ledger(path, name, partner.code, year))
    return partners, ledgers


def write_ledger(
    path: Path,
    contract: Contract,
    partners: list[Partner],
    year: int,
    rows: int,
    bad_share: float,
    chance: random.Random,
) -> None:
    """One workbook: title, unit row, header on row 3, `rows` rows, a totals row; padded to twenty columns with notes."""
    columns = [c for c in contract.columns if c.privacy == "none" or c.required]
    headers = ["序号", *(c.header for c in columns)]
    headers += [f"备注{n}" if n else "备注" for n in range(COLUMNS - len(headers))]
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(contract.title[:31])
        sheet.write(0, 0, f"{year}年度{contract.title}")
        sheet.write(1, 0, "单位名称（公章）：　　填表日期：")
        sheet.write_row(2, 0, headers)
        for row in range(rows):
            cells = [_cell(c, year, row, partners, chance) for c in columns]
            _set_right(cells, columns, contract)
            if chance.random() < bad_share:
                _spoil(cells, columns, chance)
            notes = [chance.choice(("", "已完成", "含线上"))] * (COLUMNS - 1 - len(cells))
            sheet.write_row(row + 3, 0, [row + 1, *cells, *notes])
        sheet.write(rows + 3, 0, "合计")


def _cell(column: Column, year: int, row: int, partners: list[Partner], chance: random.Random) -> str | int | float:
    kind = column.type
    if column.choices is not None:
        return chance.choice([word for choice, also in column.choices.items() for word in (choice, *also)])
    if kind in (ColumnType.DATE, ColumnType.MONTH):
        return _day(column, year, chance)
    if kind is ColumnType.YEAR:
        return year
    if column.is_numeric:
        return _number(column, chance)
    return _text(column, row, partners, chance)


def _text(column: Column, row: int, partners: list[Partner], chance: random.Random) -> str:
    if column.type is ColumnType.PARTNER:
        return chance.choice(partners).name
    if column.type is ColumnType.CODE:
        return f"{chance.randrange(410101, 599999)}"
    return f"{chance.choice(WORDS)}{chance.choice(WORDS)}{row}"


def _day(column: Column, year: int, chance: random.Random) -> str:
    late = column.name.startswith(("ended", "returned"))
    first = date(year, 7 if late else 1, 1)
    day = first + timedelta(days=chance.randrange(180))
    return chance.choice(
        (f"{day:%Y-%m-%d}", f"{day:%Y}年{day.month}月{day.day}日", f"{day:%Y}.{day.month}.{day.day}", f"{day:%Y%m%d}")
    )


def _number(column: Column, chance: random.Random) -> str | int | float:
    number = chance.randrange(1, int(min(column.maximum or 200, 200)))
    if column.type is ColumnType.COUNT and column.unit and chance.random() < 0.1:
        return f"{number}{column.unit}"
    return float(number) if column.type is ColumnType.MONEY else number


def _set_right(cells: list[str | int | float], columns: list[Column], contract: Contract) -> None:
    """What may at most be as much as something else is: the bad rows are to be those spoilt on purpose."""
    at = {column.name: position for position, column in enumerate(columns)}
    for rule in contract.rules:
        if rule.kind == "at_most":
            low, high = (at[name] for name in rule.columns)
            cells[low], cells[high] = sorted(
                (cells[low], cells[high]), key=lambda cell: float(str(cell).rstrip("人次场个"))
            )


def _spoil(cells: list[str | int | float], columns: list[Column], chance: random.Random) -> None:
    required = [n for n, column in enumerate(columns) if column.required]
    position = chance.choice(required)
    cells[position] = "若干" if columns[position].is_numeric else ""
