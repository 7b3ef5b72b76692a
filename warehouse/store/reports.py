"""Writes report issues: what a report was made from, the files it became, and every figure as printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, insert

from schemas.values import Figure
from warehouse.tables import FigureRow, ReportIssue


def record_issue(
    connection: Connection,
    now: datetime,
    *,
    year: int,
    as_of: date,
    known_at: datetime,
    issued_by: str,
    versions: Mapping[str, object],
    files: Mapping[str, str],
    figures: Iterable[Figure],
) -> int:
    """Record a report as issued: versions of contracts, catalogue and template; file name → sha256; returns its id."""
    row = {
        "year": year, "as_of_on": as_of, "known_at": known_at, "issued_at": now, "issued_by": issued_by,
        "versions": dict(versions), "files": dict(files),
    }  # fmt: skip
    number = int(connection.scalars(insert(ReportIssue).values(row).returning(ReportIssue.id)).one())
    rows = [_figure_row(number, figure) for figure in figures]
    if rows:
        connection.execute(insert(FigureRow), rows)
    return number


def _figure_row(issue_id: int, figure: Figure) -> dict[str, object]:
    return {
        "report_issue_id": issue_id, "figure_id": figure.figure_id, "indicator": figure.indicator, "title": figure.title,
        "unit": figure.unit, "state": figure.state, "value": figure.value, "rows_observed": figure.rows_observed,
        "window_from": figure.window_from, "window_to": figure.window_to, "is_approximate": figure.is_approximate,
        "approximate_part": figure.approximate_part, "slice_names": list(figure.group),
    }  # fmt: skip
