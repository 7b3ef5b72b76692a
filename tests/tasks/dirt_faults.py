"""Cells whose fault is known, and the rule each must be held under."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from schemas.contract import Column, ColumnType, Contract
from tests.tasks.dirt_cells import Dirty, Written


def bad_cell(chance: Random, contract: Contract, column: Column, is_book: bool) -> Dirty:
    """A cell whose fault is known, with the rule it must be held under."""
    own = f"{contract.contract}.{column.name}"
    faults: list[tuple[Written, str]] = [(written, f"{own}.readable") for written in _UNREADABLE.get(column.type, ())]
    faults += [
        (written, f"damage.{name}")
        for written, name in _DAMAGED.get(column.type, ())
        if is_book or name not in _ONLY_IN_BOOKS
    ]
    if column.type is ColumnType.CODE and is_book:
        faults.append((3.5, f"{own}.readable"))
    faults += [("#REF!", "damage.error_cell")]
    if column.required and not column.fill_down and column.type is not ColumnType.YEAR:
        faults += [(written, f"{own}.required") for written in ("", "无", "－")]
    if column.is_numeric and column.minimum is not None and column.type is not ColumnType.SHARE:
        faults += [(-5.0, f"{own}.minimum"), ("－15", f"{own}.minimum")]
    if column.in_period == "year" and column.type is ColumnType.DATE:
        faults += [("2016年3月5日", f"{own}.in_period"), (date(2016, 3, 5), f"{own}.in_period")]
    written, rule = chance.choice(faults)
    return Dirty(written, rule=rule)


_ONLY_IN_BOOKS = ("encoding", "cut_number")
"""A text file of a wrong encoding is refused whole, and has no numbers but texts."""
_NUMBERS = ("若干", "见附件", "30-40", "1～2", "三四十", "12 34")
_DATES = ("2021年2月30日", "2021.13.5", "待定", "3月5日", "2021年", "2021年13月")
_UNREADABLE: dict[ColumnType, Sequence[Written]] = {
    ColumnType.COUNT: (*_NUMBERS, "30人日", "51.5", "100%"), ColumnType.DECIMAL: (*_NUMBERS, "300人次"), ColumnType.MONEY: (*_NUMBERS, "300人次"),
    ColumnType.SHARE: ("大部分", "80人", "90-95%"), ColumnType.DATE: _DATES, ColumnType.MONTH: _DATES, ColumnType.CHOICE: ("其他类别甲", "？"),
    ColumnType.PARTNER: ("某某不存在学院",),  ColumnType.YEAR: ("去年", "21"),
}  # fmt: skip
_DAMAGED: dict[ColumnType, Sequence[tuple[Written, str]]] = {
    ColumnType.TEXT: (("锟斤拷锟斤拷", "encoding"), ("鏁版嵁鍒嗘瀽", "encoding"), ("ÊÜÑµµ¥Î»", "encoding"), ("课程\ufffd\ufffd", "encoding")),
    ColumnType.DATE: (("1921/3/5", "wrong_century"), ("0021-03-05", "wrong_century"), ("1900-01-00", "wrong_century")),
    ColumnType.MONTH: (("1921年3月", "wrong_century"),),
    ColumnType.CODE: (("1.1E+17", "scientific"), ("40106", "lost_zero"), (40106.0, "lost_zero"), (1.10101190001e17, "cut_number")),
    ColumnType.COUNT: (("1.23457E+11", "scientific"),),
}  # fmt: skip
