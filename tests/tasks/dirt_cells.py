"""Dirt for one cell: a known value, and one of the ways clerks and programs write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from schemas.contract import Column, ColumnType
from tests.tasks.conftest import NAMES

YEAR = 2021
Written = str | float | date
FULL_WIDTH = str.maketrans("0123456789,.%", "０１２３４５６７８９，．％")
_UNIT_WORDS = {"人": "人名位", "个": "个项", "场": "场次", "天": "天日"}


@dataclass(frozen=True, slots=True)
class Dirty:
    """What stands in a cell, and what it means; `rule` is the rule a faulty one must be held under."""

    written: Written
    value: object = None
    is_approximate: bool = False
    rule: str | None = None


def chinese_numeral(number: int) -> str:
    """A whole number below 10000 in Chinese numerals, with every 零 it needs."""
    text = ""
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, place)
        if digit:
            text += "零一二三四五六七八九"[digit] + name
        elif text and number and not text.endswith("零"):
            text += "零"
    return text or "零"


def good_cell(chance: Random, column: Column, value: object, unit: str | None, is_1904: bool) -> Dirty:
    """One of the ways to write `value` in a column headed in `unit`."""
    if value is None:
        return Dirty(chance.choice(["", "", "无", "/", "—", "－", "　"]))
    return _WRITERS[column.type](chance, column, value, unit, is_1904)


def _text(chance: Random, _: Column, value: object, *__: object) -> Dirty:
    text = str(value)
    cut = chance.choice([at for at in range(1, len(text)) if not text[at - 1 : at + 1].isdigit()])
    spaced = text[:cut] + chance.choice(["　", "\xa0", " ", "　 "]) + text[cut:]
    return Dirty(chance.choice([text, f" {text}", f"{text}　", spaced, text.translate(FULL_WIDTH)]), value)


def _partner(chance: Random, column: Column, value: object, *_: object) -> Dirty:
    return Dirty(_text(chance, column, NAMES[str(value)]).written, value)


def _choice(chance: Random, column: Column, value: object, *_: object) -> Dirty:
    words = [str(value), *(column.choices or {})[str(value)]]
    word = chance.choice(words)
    return Dirty(chance.choice([word, f"{word} ", "　".join(word), f"\xa0{word}"]), value)


def _number(chance: Random, column: Column, value: object, unit: str | None, _: bool) -> Dirty:
    number = float(value)  # type: ignore[arg-type]
    own = column.unit or ""
    shown = f"{number:g}" if number < 100000 else f"{number:.0f}"
    whole = f"{number:,.0f}" if number.is_integer() else f"{number:,}"
    word = chance.choice(_UNIT_WORDS.get(own, [own]))
    exact: list[Written] = [number, shown, f" {shown}", whole, whole.translate(FULL_WIDTH), shown.translate(FULL_WIDTH)]
    exact += [f"{shown}{word}", f"{shown} {word}", f"共{shown}{word}", f"{whole.replace(',', ' ')}{word}"]
    if number.is_integer() and 0 < number < 10000:
        exact += [chinese_numeral(int(number)), f"{chinese_numeral(int(number))}{word}"]
    if number.is_integer() and number >= 1000 and number % 100 == 0:
        exact += [f"{number / 10000:g}万", f"{number / 10000:g}万{word}", f"{number / 10000:g}w"]
    about = [
        f"约{shown}",
        f"{shown}余{word}",
        f"近{shown}",
        f"≥{shown}",
        f"不少于{shown}{word}",
        f"{shown}{word}左右",
        f"{shown}+",
    ]
    if number > 0 and chance.random() < 0.2:
        return Dirty(chance.choice(about), value, is_approximate=True)
    return Dirty(chance.choice(exact), value)


def _money(chance: Random, _: Column, value: object, unit: str | None, __: bool) -> Dirty:
    yuan = float(value)  # type: ignore[arg-type]
    worth = {"元": 1, "千元": 1000, "亿元": 10**8}.get(unit or "", 10_000)
    bare = round(yuan / worth, 8)
    shown = f"{bare:.8f}".rstrip("0").rstrip(".")
    ten_thousands = f"{yuan / 10000:.4f}".rstrip("0").rstrip(".")
    exact: list[Written] = [bare, shown, shown.translate(FULL_WIDTH), f"{shown} "]
    exact += [
        f"{ten_thousands}万元",
        f"{yuan:.2f}元",
        f"{yuan:,.0f}元",
        f"{ten_thousands}万",
        f"¥{ten_thousands}万元",
        f"人民币{yuan:.0f}元",
    ]
    if chance.random() < 0.2:
        return Dirty(
            chance.choice([f"约{shown}", f"{ten_thousands}万余元", f"近{ten_thousands}万元"]),
            value,
            is_approximate=True,
        )
    return Dirty(chance.choice(exact), value)


def _date(chance: Random, _: Column, value: object, __: object, is_1904: bool) -> Dirty:
    day = value
    assert isinstance(day, date)
    y, m, d = day.year, day.month, day.day
    serial = float((day - (date(1904, 1, 1) if is_1904 else date(1899, 12, 30))).days)
    forms: list[Written] = [
        day,
        datetime(y, m, d, 9, 30),  # noqa: DTZ001 - a spreadsheet's day has no zone
        serial,
        float(f"{y}{m:02}{d:02}"),
        f"{y}年{m}月{d}日",
        f"{y}.{m}.{d}",
        f"{y}/{m}/{d}",
    ]
    forms += [
        f"{y}-{m:02}-{d:02}",
        f"{y}{m:02}{d:02}",
        f"{y} 年 {m} 月 {d} 日",
        f"{y % 100}.{m}.{d}",
        f"{y}年{m}月{d}号",
        f"{y}.{m}月{d}日",
    ]
    forms += [
        f"{y}-{m:02}-{d:02} 00:00:00",
        f"{y}/{m}/{d} 9:30",
        f"{y}、{m}、{d}",
        f"{y}年{m:02}月{d:02}日".translate(FULL_WIDTH),
    ]
    forms += [f"{y}年{m}月{d}日（周五）", f"'{y}-{m}-{d}", f"{y} {m} {d}"]
    return Dirty(chance.choice(forms), day)


def _month(chance: Random, _: Column, value: object, *__: object) -> Dirty:
    month = value
    assert isinstance(month, date)
    y, m = month.year, month.month
    forms: list[Written] = [
        f"{y}年{m}月",
        f"{y}-{m:02}",
        f"{y}{m:02}",
        f"{y}.{m:02}",
        f"{y} 年{m} 月",
        f"{y}/{m}",
        f"{y}.{m}月",
        month,
    ]
    if m not in (1, 10):  # 2021.1 and 2021.10 are told apart by the column as a whole
        forms += [f"{y}.{m}", float(f"{y}.{m:02}") if m > 9 else float(f"{y}.{m}")]
    return Dirty(chance.choice(forms), month)


def _year(chance: Random, _: Column, value: object, *__: object) -> Dirty:
    return Dirty(chance.choice([float(YEAR), "2021", "2021年", "2021年度", "２０２１", "二〇二一年"]), value)


def _share(chance: Random, _: Column, value: object, *__: object) -> Dirty:
    share = float(value)  # type: ignore[arg-type]
    percent = f"{share * 100:g}"
    if share in (0.0, 1.0):  # 1 among 95s could be one percent
        return Dirty(chance.choice([f"{percent}%", f"{percent}％", f"百分之{'百' if share else '零'}"]), value)
    forms: list[Written] = [
        f"{percent}%",
        f"{percent} %",
        percent,
        share,
        share * 100,
        f"{percent}%".translate(FULL_WIDTH),
        f"{share:g}",
    ]
    return (
        Dirty(chance.choice(forms), value)
        if chance.random() < 0.9
        else Dirty(f"约{percent}%", value, is_approximate=True)
    )


def _code(chance: Random, _: Column, value: object, *__: object) -> Dirty:
    text = str(value)
    return Dirty(chance.choice([text, f" {text}", text.translate(FULL_WIDTH), float(text), f"'{text}"]), value)


def _person(chance: Random, _: Column, value: object, *__: object) -> Dirty:
    names = str(value).split("、")
    joined = chance.choice([" ", "、", "，", "；", "/", "　"]).join(names)
    wide = "、".join("　".join(name) if len(name) == 2 else name for name in names)
    return Dirty(chance.choice([joined, wide, "、".join(f"{name}（教师）" for name in names)]), value)


_Writer = Callable[[Random, Column, object, str | None, bool], Dirty]
_WRITERS: dict[ColumnType, _Writer] = {
    ColumnType.TEXT: _text, ColumnType.PARTNER: _partner, ColumnType.CHOICE: _choice, ColumnType.COUNT: _number, ColumnType.DECIMAL: _number,
    ColumnType.MONEY: _money, ColumnType.DATE: _date, ColumnType.MONTH: _month, ColumnType.YEAR: _year, ColumnType.SHARE: _share,
    ColumnType.CODE: _code, ColumnType.PERSON: _person,
}  # fmt: skip


def range_text(chance: Random, first: date, last: date) -> str:
    """A span of days in one cell, with and without the year on the right."""
    (y, m, d), (v, n, e) = (first.year, first.month, first.day), (last.year, last.month, last.day)
    forms = [
        f"{y}年{m}月{d}日-{v}年{n}月{e}日",
        f"{y}.{m}.{d}-{v}.{n}.{e}",
        f"{y}/{m}/{d}-{n}/{e}",
        f"{y}-{m}-{d}至{v}-{n}-{e}",
    ]
    forms += [
        f"{y}年{m}月{d}日至{n}月{e}日",
        f"{y}.{m}.{d}—{n}.{e}",
        f"{first:%Y%m%d}-{last:%Y%m%d}",
        f"自{y}年{m}月{d}日 至 {n}月{e}日止",
    ]
    if m == n:
        forms += [f"{y}年{m}月{d}日至{e}日", f"{y}年{m}月{d}-{e}日", f"{y}.{m}.{d}～{e}".translate(FULL_WIDTH)]
    return chance.choice(forms)


def joint_text(chance: Random, level: str, grade: str) -> str:
    """Level and grade in one cell, in both orders."""
    pairs = (f"{level}{grade}", f"{grade}{level}", f"{level}　{grade}", f"{level}/{grade}", f"{grade}（{level}）")
    return chance.choice(pairs)


def later(day: date, days: int) -> date:
    """A day some days on, at most the last of its year."""
    return min(day + timedelta(days=days), date(day.year, 12, 31))
