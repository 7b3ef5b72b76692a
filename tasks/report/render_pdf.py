"""Render the report as pdf: the model goes to a typst template as data, so no text of a partner is ever markup."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from tasks.report.charts import draw_svg
from tasks.report.model import ReportModel, captions_of, charts_of
from tasks.report.render_style import (
    ACCENT,
    BAND_FILL,
    FONT_NAME,
    FONTS,
    HEAD_FILL,
    INK,
    TONES,
    chinese_date,
    chinese_instant,
    printable,
)

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"


def render_pdf(model: ReportModel, path: Path) -> None:
    """Write the report as a tagged pdf with outline, using only the shipped fonts.

    Raises:
        OSError: the file cannot be written.
        RuntimeError: typst refuses the template (a fault of ours, not of the data).
    """
    import typst  # noqa: PLC0415  (a compiler, loaded only where it is used)

    made = typst.compile(
        _files(model),  # type: ignore[call-overload]  # files by name are taken, the stubs do not say so yet
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        timestamp=int(model.known_at.timestamp()),
        format="pdf",
    )
    path.write_bytes(made)


def _files(model: ReportModel) -> dict[str, bytes]:
    """The template, the model as data, and the charts: all that typst may read."""
    charts = {f"{chart.chart_id}.svg": draw_svg(chart).encode() for chart in charts_of(model)}
    data = json.dumps(_data(model), ensure_ascii=False).encode()
    return {"main.typ": TEMPLATE.read_bytes(), "report.json": data, **charts}


def _data(model: ReportModel) -> dict[str, object]:
    return {
        "school": printable(model.school),
        "title": printable(model.title),
        "as_of": chinese_date(model.as_of),
        "known_at": chinese_instant(model.known_at),
        "parts": [_plain(part) for part in model.parts],
        "page_starts": model.page_starts,
        "captions": {key: printable(text) for key, text in captions_of(model).items()},
        "style": {
            "font": FONT_NAME,
            "ink": INK,
            "accent": ACCENT,
            "head": HEAD_FILL,
            "band": BAND_FILL,
            "tones": TONES,
        },
    }


def _plain(value: object) -> object:
    """A part of the model as JSON: dataclasses become objects that name their kind."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal | date | datetime):
        return str(value)
    if is_dataclass(value):
        parts = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {"is": type(value).__name__, **parts}
    return value
