"""Compose the report, its cells: typed table cells for figures, targets, rates and money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from schemas.values import Figure, FigureState
from tasks.report.measure_lines import YearResult
from tasks.report.model import Cell, Ratio, Row, Tone, Total
from tasks.report.narrative import (
    capped,
    completion_text,
    figure_text,
    in_wan,
    number_text,
    percent_text,
    result_text,
)

PERCENT_FORMAT = "0.##%"
WAN_FORMAT = "#,##0.00"


def head_row(*texts: str) -> Row:
    """A header row of one line."""
    return tuple(Cell(text) for text in texts)


def words(text: str | None, *, tone: Tone = "plain", is_centred: bool = False) -> Cell:
    """A cell of text; nothing prints as a dash."""
    return Cell(text or "—", tone=tone, align="center" if is_centred else "left")


def count_cell(count: int, tone: Tone = "plain") -> Cell:
    """A cell of a whole number."""
    return Cell(f"{count:,}", Decimal(count), number_format="#,##0", align="right", tone=tone)


def figure_cell(figure: Figure) -> Cell:
    """A figure: a number (an approximate one in a format that says so), or the word for why there is none."""
    return _value_cell(figure.value, figure_text(figure), figure.figure_id, figure.is_approximate)


def rows_cell(figure: Figure) -> Cell:
    """In how many rows of the ledgers a figure was observed, of how many where some are blank; a dash where none was sent."""
    if not figure.rows_found and figure.state in {FigureState.NOT_MEASURED, FigureState.NOT_DUE}:
        return words(None, tone="muted", is_centred=True)
    if figure.rows_found > figure.rows_observed:
        return Cell(f"{figure.rows_observed:,}/{figure.rows_found:,}", align="right")
    return count_cell(figure.rows_observed)


def result_cell(result: YearResult) -> Cell:
    """What was achieved in a year of an indicator line."""
    value = None if isinstance(result.value, bool) else result.value
    return _value_cell(
        value, result_text(result), result.figure.figure_id if result.figure else None, result.is_approximate
    )


def _value_cell(value: Decimal | None, text: str, figure_id: str | None, is_approximate: bool) -> Cell:
    if value is None:
        return Cell(text, figure_id=figure_id, align="right", tone="muted")
    plain = "#,##0" if value == value.to_integral_value() else "#,##0.######"
    number_format = _vague_format(value, text, plain) if is_approximate else plain
    return Cell(
        text, value, number_format, figure_id=figure_id, align="right", tone="watch" if is_approximate else "plain"
    )


def _vague_format(value: Decimal, text: str, plain: str) -> str:
    """A number format that prints an approximate number as the text does: 约1,000, or 10,115（其中约1,000为约数）."""
    remark = text.removeprefix(number_text(value))
    return f'{plain}"{remark}"' if remark != text else f'"约"{plain}'


def completion_cell(result: YearResult, cap: Decimal | None = None) -> Cell:
    """The completion of a year, not above `cap`: green when reached, red when not."""
    tone: Tone = {True: "good", False: "bad", None: "muted"}[result.is_reached]  # type: ignore[assignment]  # the keys are all there are
    share = None if result.completion is None else capped(result.completion, cap)
    return Cell(completion_text(result, cap), share, PERCENT_FORMAT, align="right", tone=tone)


def points_cell(points: Decimal | None, row_span: int = 1) -> Cell:
    """Points of a scheme, to the hundredth; a dash where nothing public gives them."""
    if points is None:
        return Cell("—", align="center", tone="muted", row_span=row_span)
    value = points.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Cell(number_text(value), value, "0.##", align="right", row_span=row_span)


def rate_cell(share: Decimal | None, numerator: int, denominator: int) -> Cell:
    """A rate that a spreadsheet works out from two columns of its row."""
    formula = None if share is None else Ratio(numerator, denominator)
    return Cell(percent_text(share), share, PERCENT_FORMAT, formula, align="right")


def wan_cell(yuan: Decimal | None, total_of: tuple[int, ...] = (), *, is_approximate: bool = False) -> Cell:
    """Money in 万元; `total_of` are the body rows a spreadsheet adds up for it."""
    if yuan is None:
        return Cell("无记录", align="right", tone="muted")
    value = in_wan(yuan)
    formula = Total(total_of) if total_of else None
    about = "约" if is_approximate else ""
    return Cell(
        f"{about}{value:,.2f}", value, f'"{about}"{WAN_FORMAT}' if about else WAN_FORMAT, formula, align="right"
    )


def bold(row: Iterable[Cell]) -> Row:
    """The row of a total."""
    return tuple(
        Cell(c.text, c.number, c.number_format, c.formula, c.figure_id, align=c.align, tone=c.tone, is_bold=True)
        for c in row
    )


def joined_down(keys: Sequence[tuple[str, ...]], rows: Sequence[Row]) -> tuple[Row, ...]:
    """Rows with leading key cells, a key that repeats standing once and spanning the rows below it (within the key before it)."""
    made = []
    for position, (key, row) in enumerate(zip(keys, rows, strict=True)):
        leading = [
            Cell(text, align="left", row_span=_run_length(keys, position, column))
            for column, text in enumerate(key)
            if position == 0 or keys[position - 1][: column + 1] != key[: column + 1]
        ]
        made.append((*leading, *row))
    return tuple(made)


def _run_length(keys: Sequence[tuple[str, ...]], start: int, column: int) -> int:
    wanted = keys[start][: column + 1]
    end = start
    while end < len(keys) and keys[end][: column + 1] == wanted:
        end += 1
    return end - start


def chart_text(value: Decimal | None, missing: str = "无记录") -> str:
    """A value beside its bar."""
    return missing if value is None else number_text(value)
