"""Compose the report, its evidence: the cells behind each figure, brought together by file, sheet and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from schemas.indicator import shipped_indicators
from schemas.indicator_texts import meaning
from schemas.time_window import Basis
from schemas.values import Figure, column_letter
from tasks.report.measure import Measured
from tasks.report.model import Evidence, Source
from tasks.report.narrative import basis_text, figure_with_unit, window_text
from warehouse.marts.measure_spans import CellSpans, Cited, Span, row_spans

CitedOf = Callable[[Figure], Cited]
"""What a figure stands on."""
MOST_SPANS = 60
"""Spans of rows printed of one column; beyond, their number is said."""


def compose_evidence(
    measured: Measured, cited_of: CitedOf, names: Mapping[str, str], earlier: Sequence[Figure] = ()
) -> tuple[Evidence, ...]:
    """What every figure with a value means and stands on; `names` are partner codes → names."""
    return tuple(_evidence(figure, cited_of(figure), names) for figure in _printed(measured, earlier))


def _printed(measured: Measured, earlier: Sequence[Figure]) -> list[Figure]:
    """The figures of the year, of the years before, and those that only the road map prints."""
    figures = {figure.figure_id: figure for figure in (*measured.figures, *earlier)}
    for line in measured.indicator_lines:
        for result in line.results.values():
            if result.figure is not None:
                figures.setdefault(result.figure.figure_id, result.figure)
    return [figure for figure in figures.values() if figure.value is not None]


def _evidence(figure: Figure, cited: Cited, names: Mapping[str, str]) -> Evidence:
    indicator = shipped_indicators()[figure.indicator]
    return Evidence(
        figure.figure_id,
        _title(figure),
        figure_with_unit(figure),
        meaning(indicator),
        f"{window_text(figure, indicator.time.basis)}（{basis_text(indicator.time)}）",
        figure.rows_observed,
        tuple(summarise_sources(cited, names)),
    )


def _title(figure: Figure) -> str:
    """The figure's name with its group; a figure of one year says which."""
    name = "·".join((figure.title, *figure.group))
    return f"{name}（{figure.window_to.year}年）" if is_yearly(figure) else name


def is_yearly(figure: Figure) -> bool:
    """Whether the figure speaks of one calendar year alone."""
    time = shipped_indicators()[figure.indicator].time
    return time.basis is Basis.CALENDAR_YEAR and time.years == 1


def summarise_sources(cited: Cited, names: Mapping[str, str]) -> list[Source]:
    """Cells by file, sheet and column, their rows as spans; values are left out, for the file itself is the evidence.

    What is left out of the list is counted in its last row, so that the totals stay exact.
    """
    found = [
        Source(names.get(partner, partner), file_name, sheet, header, _rows_text(tuple(sources)))
        for (partner, file_name, sheet, header), sources in groupby(
            sorted(cited.sources, key=_file_and_column), key=_file_and_column
        )
    ]
    if cited.more_sources:
        found.append(Source("其余", f"另有{cited.more_sources:,}处", "", "", f"共{cited.more_cells:,}行"))
    return found


def _file_and_column(one: CellSpans) -> tuple[str, str, str, str]:
    letter = f"（{column_letter(one.place.column)}列）" if one.place.column else ""
    return one.partner_code, one.file_name, one.place.sheet or "", f"{one.place.header or ''}{letter}"


def _rows_text(sources: Sequence[CellSpans]) -> str:
    """3–5、9; where there are too many to list, between which rows how many are."""
    if all(one.is_listed for one in sources):
        numbers = [n for one in sources for first, last in one.spans for n in range(first, last + 1)]
        found = list(row_spans(numbers))
        if len(found) <= MOST_SPANS:
            return spans_text(found)
        return f"{spans_text(found[:MOST_SPANS])}等，共{len(set(numbers)):,}行"
    first, last = min(one.spans[0][0] for one in sources), max(one.spans[-1][1] for one in sources)
    return f"{first}–{last}之间，共{sum(one.count for one in sources):,}行"


def spans_text(found: Iterable[Span]) -> str:
    """Spans of rows in words: (3, 5), (9, 9) → 3–5、9."""
    return "、".join(str(first) if first == last else f"{first}–{last}" for first, last in found)
