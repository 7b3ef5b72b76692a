"""Invented rows of a contract: what a composed ledger means, before anybody soils it."""

from __future__ import annotations

from datetime import date
from random import Random

from schemas.contract import Column, ColumnType, Contract
from tests.tasks.dirt_cells import YEAR, later

ALWAYS = ("evidence_text", "year")
"""Columns that rules or the title fill, so that a blank would mean something."""
_WORDS = ("骨干研修班", "实训室", "教学能力提升", "志愿服务", "课程标准", "眼视光技术", "机电一体化", "乡村振兴")
_PEOPLE = ("张伟", "李芳", "王小明", "古丽娜", "赵强")


def draw_truth(chance: Random, contract: Contract, number: int) -> dict[str, object]:
    """The values of one row, by column name, that break no rule of the contract."""
    truth: dict[str, object] = {}
    for column in contract.columns:
        is_blank = not column.required and chance.random() < 0.15 and column.name not in ALWAYS
        truth[column.name] = None if is_blank else _value(chance, column, number)
    if "ended_on" in truth and isinstance(truth["started_on"], date):
        truth["ended_on"] = later(truth["started_on"], chance.randint(0, 40))
    if "registered_count" in truth:
        truth["admitted_count"], truth["registered_count"] = sorted(
            (truth["admitted_count"], truth["registered_count"]), reverse=True
        )  # type: ignore[type-var]
    return truth


def _value(chance: Random, column: Column, number: int) -> object:
    texts: dict[ColumnType, object] = {
        ColumnType.TEXT: f"{chance.choice(_WORDS)}{chance.choice(_WORDS)}第{number + 1}期",
        ColumnType.PARTNER: chance.choice(("hetian", "wuwei")),
        ColumnType.CHOICE: chance.choice(tuple(column.choices or ("",))),
        ColumnType.CODE: str(chance.randint(410101, 590999)),
        ColumnType.PERSON: "、".join(chance.sample(_PEOPLE, chance.randint(1, 3))),
        ColumnType.YEAR: YEAR,
        ColumnType.DATE: date(YEAR, chance.randint(1, 12), chance.randint(1, 28)),
        ColumnType.MONTH: date(YEAR - chance.randint(0, 1), chance.randint(1, 12), 1),
    }
    return texts[column.type] if column.type in texts else _figure(chance, column)


def _figure(chance: Random, column: Column) -> object:
    if column.type is ColumnType.COUNT:
        count = chance.choice((chance.randint(1, 99), chance.randint(100, 9999), 100 * chance.randint(10, 900), 0))
        return min(count, int(column.maximum or count))
    if column.type is ColumnType.DECIMAL:
        return chance.choice((float(chance.randint(1, 300)), chance.randint(1, 3000) / 10))
    if column.type is ColumnType.SHARE:
        return chance.choice((1.0, 0.0, chance.randint(60, 99) / 100))
    return float(100 * chance.randint(1, 500_000))
