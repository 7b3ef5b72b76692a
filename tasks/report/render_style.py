"""Render the report: what all renderings share (colours, font files, names and dates as printed, zip files without a clock)."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

FONTS = Path(__file__).parent / "fonts"
FONT_NAME = "Noto Sans SC"
INK = "1F2A37"
ACCENT = "1B4B7A"
SECOND = "C47F17"
HEAD_FILL = "E8EEF5"
BAND_FILL = "F6F8FA"
TONES = {"plain": INK, "good": "1B7A43", "watch": "9A6200", "bad": "B3261E", "muted": "6B7280"}
OFFICE_ZONE = ZoneInfo("Asia/Shanghai")
MISSING_TYPE = "〓"
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def chinese_date(day: date) -> str:
    """A date as a Chinese document writes it: 2021年12月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_instant(instant: datetime) -> str:
    """An instant in office time: 2021年12月31日 02:00 (北京时间)."""
    local = instant.astimezone(OFFICE_ZONE)
    return f"{chinese_date(local.date())} {local:%H:%M}（北京时间）"


@cache
def font_characters() -> frozenset[str]:
    """Every character the shipped fonts hold."""
    return frozenset((FONTS / "characters.txt").read_text(encoding="utf-8")) | {"\n"}


def printable(text: str) -> str:
    """The text with characters the shipped fonts lack printed as 〓, so that a gap is seen as one."""
    known = font_characters()
    return text if known.issuperset(text) else "".join(each if each in known else MISSING_TYPE for each in text)


def without_controls(text: str) -> str:
    """The text without the control characters that no XML file can hold."""
    return _CONTROLS.sub("", text)


def write_stable_zip(made: BytesIO, path: Path) -> None:
    """Write an Office file again with a fixed time on each part: the same report is the same bytes."""
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o600 << 16
            target.writestr(part, source.read(name))
