"""Intake, conforming: units of measure as written by clerks: which are the same, which convert, which never may."""

from __future__ import annotations

import unicodedata

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "元": ("块", "元整", "元人民币", "人民币元", "rmb"),
    "千元": (),
    "万元": ("万圆", "万元整", "万元人民币"),
    "百万元": (),
    "千万元": (),
    "亿元": (),
    "人": ("名", "位", "人数", "员"),
    "人次": ("人·次", "人/次", "人次数"),
    "人日": ("人天", "人·日", "人·天", "人/天", "人/日"),
    "学时": ("课时",),
    "小时": ("h",),
    "天": ("日", "d"),
    "周": ("星期",),
    "月": ("个月",),
    "年": (),
    "平方米": ("m2", "m²", "㎡", "平米", "平方", "平", "平方公尺", "m^2"),
    "亩": (),
    "公顷": (),
    "场": ("场次", "次", "期", "届"),
    "份": ("张",),
    "%": ("百分比", "％"),
    "个": ("工位", "座", "台", "套", "家", "所", "处", "间", "项", "件", "种", "只", "门", "户", "支", "组"),
}
_COUNTERS = frozenset({"个", "场", "份"})
"""Measure words that only count things; one may stand for another."""

YUAN = {"元": 1.0, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "千万元": 1e7, "亿元": 1e8}
"""Units of money and their worth in yuan."""

SCALES = {"百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12}
"""Words of size between number and unit."""


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


_CANONICAL = {_folded(spelling): unit for unit, spellings in _SPELLINGS.items() for spelling in (unit, *spellings)}


def canonical_unit(text: str) -> str | None:
    """The unit a clerk's spelling stands for, or None when it is no unit we know."""
    return _CANONICAL.get(_folded(text))


def is_same_unit(unit: str, expected: str) -> bool:
    """Whether a number in `unit` may stand where `expected` is asked for. Both are canonical or unknown to us."""
    return unit == expected or (unit in _COUNTERS and expected in _COUNTERS)
