"""Draw the charts of the report: Vega-Lite specifications from the model, drawn with the shipped font as svg or png."""

from __future__ import annotations

from functools import cache

from tasks.report.model import Chart, ChartPoint
from tasks.report.render_style import ACCENT, FONT_NAME, FONTS, INK, SECOND, printable

Json = dict[str, object]
WIDTH = 720
_LABEL_LIMIT = 250
_PLOT_WIDTH = WIDTH - _LABEL_LIMIT
_SERIES_COLOURS = [f"#{ACCENT}", f"#{SECOND}", "#5C8A5A", "#8A5A83"]
_CONFIG: Json = {
    "font": FONT_NAME,
    "background": "white",
    "view": {"stroke": None},
    "axis": {"labelColor": f"#{INK}", "titleColor": f"#{INK}", "gridColor": "#E5E7EB", "domainColor": "#9CA3AF"}
    | {"tickColor": "#9CA3AF", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
    "legend": {"labelFontSize": 12, "orient": "top", "title": None, "symbolType": "square"},
}


@cache
def draw_svg(chart: Chart) -> str:
    """The chart as one svg element, its text set in the shipped font; the labels are data, never markup."""
    import vl_convert  # noqa: PLC0415  (starts a JavaScript engine)

    vl_convert.register_font_directory(str(FONTS))
    svg: str = vl_convert.vegalite_to_svg(_specification(chart))
    return svg


@cache
def draw_png(chart: Chart) -> bytes:
    """The chart as png, two pixels a point."""
    import vl_convert  # noqa: PLC0415  (starts a JavaScript engine)

    png: bytes = vl_convert.svg_to_png(draw_svg(chart), scale=2.0)
    return png


def _specification(chart: Chart) -> Json:
    rows = [_row(position, point) for position, point in enumerate(chart.points)]
    layout = _lying_bars(chart) if chart.kind == "bars" else _standing_columns(chart)
    return {
        "data": {"values": rows},
        "config": _CONFIG,
        "width": WIDTH,
        "padding": 8,
        "autosize": {"type": "fit-x"},
        **layout,
    }


def _row(position: int, point: ChartPoint) -> Json:
    value = None if point.value is None else float(point.value)
    return {
        "position": position,
        "label": printable(point.label),
        "series": printable(point.series),
        "value": value,
        "at": value or 0.0,
        "printed": printable(point.printed),
    }


def _lying_bars(chart: Chart) -> Json:
    order = list(dict.fromkeys(printable(point.label) for point in chart.points))
    place: Json = {"field": "label", "type": "nominal", "sort": order, "title": None}
    axis: Json = {"labelLimit": _LABEL_LIMIT, "labelPadding": 6, "ticks": False, "domain": False}
    length: Json = {
        "type": "quantitative",
        "title": chart.unit,
        "scale": {"domain": _length(chart), "nice": False},
        "axis": {"tickCount": 6},
    }
    series = _series(chart)
    shift: Json = {"yOffset": {"field": "series", "sort": series}} if len(series) > 1 else {}
    y = place | {"axis": axis, "scale": {"paddingInner": 0.3}}
    return {
        "height": {"step": 26 if len(series) == 1 else 18, **({"for": "offset"} if shift else {})},
        "encoding": {"y": y, **shift},
        "layer": [
            {"mark": {"type": "bar"}, "encoding": {"x": length | {"field": "at"}, "color": _colour(series)}},
            _words({"x": length | {"field": "at"}}, {"align": "left", "dx": 5, "baseline": "middle"}),
        ],
    }


def _standing_columns(chart: Chart) -> Json:
    order = list(dict.fromkeys(printable(point.label) for point in chart.points))
    series = _series(chart)
    x: Json = {"field": "label", "type": "nominal", "sort": order, "title": None}
    x["axis"] = {"labelAngle": 0, "labelLimit": 160, "labelPadding": 6, "ticks": False}
    height: Json = {
        "type": "quantitative",
        "title": chart.unit,
        "scale": {"domain": _span(chart, 1.1), "nice": False},
        "axis": {"tickCount": 6},
    }
    shift: Json = {"xOffset": {"field": "series", "sort": series}} if len(series) > 1 else {}
    return {
        "height": 240,
        "encoding": {"x": x, **shift},
        "layer": [
            {"mark": {"type": "bar"}, "encoding": {"y": height | {"field": "at"}, "color": _colour(series)}},
            _words({"y": height | {"field": "at"}}, {"baseline": "bottom", "dy": -3}),
        ],
    }


def _length(chart: Chart) -> list[float]:
    """From zero far enough that the longest bar with its printed value fits, however long that text is."""
    low, high = _span(chart, 1.05)
    room = _PLOT_WIDTH - 60
    ends = [float(point.value or 0) / (1 - min(_text_width(point.printed) / room, 0.6)) for point in chart.points]
    return [low, max(high, *ends)]


def _text_width(text: str) -> float:
    """In points, at the size of printed values."""
    return 12 + sum(11.0 if ord(each) > 0x2E7F else 6.5 for each in text)


def _span(chart: Chart, room: float) -> list[float]:
    """From zero to a little past the longest bar (a rate: at least 100 %), so that the printed value has room beyond it."""
    values = [float(point.value) for point in chart.points if point.value is not None]
    low, high = min([0.0, *values]), max([100.0 if "%" in chart.unit else 0.0, *values])
    return [low * room, high * room or 1.0]


def _words(place: Json, look: Json) -> Json:
    return {
        "mark": {"type": "text", "fontSize": 11, "color": f"#{INK}"} | look,
        "encoding": place | {"text": {"field": "printed"}},
    }


def _series(chart: Chart) -> list[str]:
    return list(dict.fromkeys(printable(point.series) for point in chart.points))


def _colour(series: list[str]) -> Json:
    if len(series) == 1:
        return {"value": _SERIES_COLOURS[0]}
    return {"field": "series", "sort": series, "scale": {"domain": series, "range": _SERIES_COLOURS[: len(series)]}}
