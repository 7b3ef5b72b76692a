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
from warehouse.marts.measure_evidence import EvidenceRow

EvidenceOf = Callable[[str], Sequence[EvidenceRow]]
"""The cells behind a figure, by its id."""


def compose_evidence(
    measured: Measured, evidence_of: EvidenceOf, names: Mapping[str, str], earlier: Sequence[Figure] = ()
) -> tuple[Evidence, ...]:
    """What every figure with a value means and stands on; `names` are partner codes → names."""
    return tuple(_evidence(figure, evidence_of(figure.figure_id), names) for figure in _printed(measured, earlier))


def _printed(measured: Measured, earlier: Sequence[Figure]) -> list[Figure]:
    """The figures of the year, of the years before, and those that only the road map prints."""
    figures = {figure.figure_id: figure for figure in (*measured.figures, *earlier)}
    for line in measured.indicator_lines:
        for result in line.results.values():
            if result.figure is not None:
                figures.setdefault(result.figure.figure_id, result.figure)
    return [figure for figure in figures.values() if figure.value is not None]


def _evidence(figure: Figure, rows: Sequence[EvidenceRow], names: Mapping[str, str]) -> Evidence:
    indicator = shipped_indicators()[figure.indicator]
    return Evidence(
        figure.figure_id,
        _title(figure),
        figure_with_unit(figure),
        meaning(indicator),
        f"{window_text(figure, indicator.time.basis)}（{basis_text(indicator.time)}）",
        figure.rows_observed,
        tuple(summarise_sources(rows, names)),
    )


def _title(figure: Figure) -> str:
    """The figure's name with its group; a figure of one year says which."""
    name = "·".join((figure.title, *figure.group))
    return f"{name}（{figure.window_to.year}年）" if is_yearly(figure) else name


def is_yearly(figure: Figure) -> bool:
    """Whether the figure speaks of one calendar year alone."""
    time = shipped_indicators()[figure.indicator].time
    return time.basis is Basis.CALENDAR_YEAR and time.years == 1


def summarise_sources(rows: Iterable[EvidenceRow], names: Mapping[str, str]) -> list[Source]:
    """Cells by file, sheet and column, their rows as spans; values are left out, for the file itself is the evidence."""
    ordered = sorted(rows, key=_file_and_column)
    return [
        Source(
            names.get(partner, partner),
            file_name,
            sheet,
            header,
            spans(row.place.row for row in found if row.place.row),
        )
        for (partner, file_name, sheet, header), found in groupby(ordered, key=_file_and_column)
    ]


def _file_and_column(row: EvidenceRow) -> tuple[str, str, str, str]:
    letter = f"（{column_letter(row.place.column)}列）" if row.place.column else ""
    return row.partner_code, row.file_name, row.place.sheet or "", f"{row.place.header or ''}{letter}"


def spans(numbers: Iterable[int]) -> str:
    """Row numbers as spans: 3, 4, 5, 9 → 3–5、9."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return "、".join(str(first) if first == last else f"{first}–{last}" for first, last in found)
