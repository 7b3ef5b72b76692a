"""Render the report as one html file that needs nothing else: charts inside, a search box, and each figure opening its evidence."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from tasks.report.charts import draw_svg
from tasks.report.model import Chart, ReportModel, captions_of
from tasks.report.render_style import ACCENT, INK, TONES, chinese_date, chinese_instant

TEMPLATES = Path(__file__).parent / "templates"


def render_html(model: ReportModel, path: Path) -> None:
    """Write the report as a single html page for desk and phone; every text of a partner is escaped.

    Raises:
        OSError: the file cannot be written.
    """
    path.write_text(compose_page(model), encoding="utf-8", newline="\n")


def compose_page(model: ReportModel) -> str:
    """The page as text."""
    return _template().render(
        model=model,
        captions=captions_of(model),
        evidenced={evidence.figure_id for evidence in model.evidence},
        as_of=chinese_date(model.as_of),
        known_at=chinese_instant(model.known_at),
        colours={"accent": ACCENT, "ink": INK, "tones": TONES},
        drawn=_drawn,
        kind=lambda block: type(block).__name__,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _drawn(chart: Chart) -> Markup:
    """The chart's svg. Safe: the drawing engine made the elements, and labels entered it as data."""
    return Markup(draw_svg(chart))  # noqa: S704
