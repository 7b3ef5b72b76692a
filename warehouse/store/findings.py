"""Writes findings and quarantined rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from schemas.contract import Contract, Privacy
from schemas.personal import mask_personal_numbers
from schemas.values import Conformed, Finding, Verdict
from warehouse.base import table_of
from warehouse.engine import json_text
from warehouse.store.bulk import Storable, write_values
from warehouse.tables import FindingRow, Quarantine

MASK = "●●●"
_FINDING_COLUMNS = (
    "submission_id", "rule_id", "severity", "turn", "message", "found", "expected", "fix",
    "sheet", "source_row", "source_column", "header",
)  # fmt: skip
_QUARANTINE_COLUMNS = ("submission_id", "layout_index", "source_row", "cells", "rule_ids")


def record_findings(connection: Connection, findings: Iterable[tuple[int, Iterable[Finding]]]) -> None:
    """Insert the findings of several submissions (id, findings)."""
    rows = (_finding_row(number, finding) for number, group in findings for finding in group)
    write_values(connection, table_of(FindingRow), _FINDING_COLUMNS, rows)


def record_quarantine(connection: Connection, contract: Contract, verdicts: Iterable[tuple[int, Verdict]]) -> None:
    """Insert the held rows of several submissions (id, verdict) of one contract, verbatim but for personal cells and numbers."""
    rows = (row for number, verdict in verdicts for row in _held_rows(number, verdict, contract))
    write_values(connection, table_of(Quarantine), _QUARANTINE_COLUMNS, rows)


def _finding_row(submission_id: int, finding: Finding) -> tuple[Storable, ...]:
    place = finding.place
    return (
        submission_id, finding.rule_id, finding.severity.value, finding.turn.value, finding.message, finding.found,
        finding.expected, finding.fix, place.sheet, place.row, place.column, place.header,
    )  # fmt: skip


def _held_rows(submission_id: int, verdict: Verdict, contract: Contract) -> Iterator[tuple[Storable, ...]]:
    submission = verdict.submission
    masked = {column.name for column in contract.columns if column.privacy is not Privacy.NONE}
    headers = [_headers(layout.columns) for layout in submission.layouts]
    for position in verdict.held.tolist():
        layout_index = int(submission.layout_index[position])
        cells = _cells(submission, position, headers[layout_index], masked)
        rule_ids = list(verdict.rules_by_held.get(position, ()))
        yield submission_id, layout_index, int(submission.rows[position]), json_text(cells), json_text(rule_ids)


def _headers(columns: Mapping[str, tuple[int, str]]) -> dict[str, str]:
    """Column name → header as written; a header written twice is told apart by our name, so that no cell is lost."""
    written = [header for _, header in columns.values()]
    return {
        name: header if written.count(header) == 1 else f"{header}（{name}）" for name, (_, header) in columns.items()
    }


def _cells(submission: Conformed, position: int, headers: Mapping[str, str], masked: set[str]) -> dict[str, str]:
    raw = {header: (name, submission.columns[name][position].raw) for name, header in headers.items()}
    return {
        header: MASK if name in masked and text.strip() else mask_personal_numbers(text)
        for header, (name, text) in raw.items()
    }
