"""Intake, recognising: the tables of one sheet, whether alone, one under another or side by side, each with its own titles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from schemas.values import Finding, Place, column_letter
from tasks.intake.captions import first_caption_row, texts_between
from tasks.intake.grid import Cell, Grid
from tasks.intake.headers import ContractHeaders, every_key, header_key, short_key
from tasks.intake.layout import Candidate, Recognised, recognise_header, recognise_layout
from tasks.intake.read_findings import file_finding, listed

Known: TypeAlias = Mapping[str, ContractHeaders]

_HEADER_CELLS = 2
"""So many cells with words of headers make a row worth a second look."""
_STRANGE_CELLS = 3
"""So many, and the larger part of the row, make it the header of a table even if no contract fits."""
_LONGEST_HEADER = 40
_SAME = 0.6
_KEPT = frozenset("0123456789") | frozenset(map(chr, range(0x4E00, 0xA000)))
"""Characters that stand in the key of a header as in the header itself."""


@dataclass(frozen=True, slots=True)
class FoundTable:
    """One table: where its header is, the texts that stand over it, and the last row that can be its own.

    `grid` is the sheet; of tables side by side, the sheet with the others blanked out. `titles` stand between the table
    above and this one; `inherited` stand over the first table of the sheet and hold where `titles` say nothing else.
    """

    grid: Grid
    candidate: Candidate
    titles: tuple[str, ...]
    inherited: tuple[str, ...]
    last_row: int


@dataclass(frozen=True, slots=True)
class SheetTables:
    """What a sheet holds: its tables in reading order, what of it could not be taken, and the contracts it came near to."""

    grid: Grid
    tables: tuple[FoundTable, ...]
    findings: tuple[Finding, ...]
    nearest: tuple[Candidate, ...]


def find_tables(grid: Grid, known: Known, context: str) -> SheetTables:
    """Every table of a sheet.

    A header that comes again without a new title is a page break within one table; under a new title, or with other
    columns, it begins a table of its own. Tables side by side must be parted by a blank column; else they are refused.

    Args:
        grid: the sheet.
        known: the header index of every contract.
        context: key of the file's and sheet's names, which may hold a title.
    """
    found = recognise_layout(grid, known, context)
    parts = list(_side_by_side(grid, found, known, context))
    keys = every_key(tuple(known.values()))
    tables: list[FoundTable] = []
    findings: list[Finding] = []
    for part, first in parts:
        if isinstance(first, Finding):
            findings.append(first)
        elif first.match.is_doubled:
            findings.append(_doubled(part, first))
        else:
            for result in _one_under_another(part, first, known, keys, context):
                (findings if isinstance(result, Finding) else tables).append(result)  # type: ignore[arg-type]
    return SheetTables(grid, tuple(tables), tuple(findings), found.nearest)


def _one_under_another(
    grid: Grid, first: Candidate, known: Known, keys: frozenset[str], context: str
) -> Iterator[FoundTable | Finding]:
    inherited = texts_between(grid, 1, first.first)
    starts: list[tuple[Candidate | Recognised, int, tuple[str, ...]]] = [(first, 1, inherited)]
    current, last = first, first.last
    for row in _header_rows(grid, first.last, keys):
        if row <= last:
            continue
        top = first_caption_row(grid, row, last + 1)
        titles = texts_between(grid, top, row)
        if _is_again(grid, current, row):
            last = row + current.last - current.first
            if not _is_new(titles, starts):
                continue
            found: Candidate | Recognised = replace(current, first=row, last=last)
        else:
            seen = recognise_header(grid, row, known, "|".join(map(header_key, titles)), context)
            if seen.best is None and not _is_strange_header(grid.rows[row - 1], keys):
                continue
            found = seen.best or seen
        if isinstance(found, Candidate):
            current, last = found, found.last
        starts.append((found, top, titles))
    ends = [top - 1 for _, top, _ in starts[1:]] + [len(grid.rows)]
    for (found, top, titles), end in zip(starts, ends, strict=True):
        if isinstance(found, Recognised):
            yield _unrecognised(grid, top, end, titles, found)
        elif found.match.is_doubled:
            yield _doubled(grid, found)
        else:
            yield FoundTable(grid, found, titles, inherited, end)


def _header_rows(grid: Grid, after: int, keys: frozenset[str]) -> list[int]:
    """Rows below `after` that hold words of headers. Each distinct text is looked at once: sheets are long."""
    rows = grid.rows[after:]
    no_first, no_last, pairs = _edges(keys)
    texts = set().union(*rows)
    # What most texts fail by comes first: a sheet has thousands.
    likely = [text for text in texts if type(text) is str and text[-1:] not in no_last and text[:1] not in no_first]
    likely = [text for text in likely if 0 < len(text) <= _LONGEST_HEADER and _may_be_edges(text[0], text[-1], pairs)]
    words = {text for text in likely if _is_known(text, keys)}
    if not words:
        return []
    return [
        number
        for number, row in enumerate(rows, after + 1)
        if not words.isdisjoint(row) and sum(cell in words for cell in row) >= _HEADER_CELLS
    ]


@lru_cache(maxsize=64)
def _edges(keys: frozenset[str]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Characters no text with one of these keys begins with, those none ends with, and the pairs of first and last of the keys.

    A key keeps such characters at either end. Most texts of a sheet fail by them, before anything costly is done to them.
    """
    no_first, no_last = _KEPT - {key[0] for key in keys}, _KEPT - {key[-1] for key in keys}
    return no_first, no_last, frozenset(key[0] + key[-1] for key in keys)


def _may_be_edges(first: str, last: str, pairs: frozenset[str]) -> bool:
    return first + last in pairs or first not in _KEPT or last not in _KEPT


def _is_known(text: str, keys: frozenset[str]) -> bool:
    return header_key(text) in keys or short_key(text) in keys


def _is_again(grid: Grid, current: Candidate, row: int) -> bool:
    """Whether a row repeats the first row of the current header."""
    wanted = {header_key(cell) for cell in grid.rows[current.first - 1] if isinstance(cell, str)} - {""}
    again = {header_key(cell) for cell in grid.rows[row - 1] if isinstance(cell, str)} - {""}
    return len(wanted & again) >= _SAME * len(wanted | again)


def _is_new(titles: Sequence[str], starts: Sequence[tuple[object, int, tuple[str, ...]]]) -> bool:
    known = {header_key(text) for text in starts[-1][2]}
    return any(header_key(text) not in known for text in titles)


def _is_strange_header(row: Sequence[Cell], keys: frozenset[str]) -> bool:
    texts = [cell for cell in row if cell != ""]
    words = [cell for cell in texts if isinstance(cell, str) and _is_known(cell, keys)]
    return len(words) >= _STRANGE_CELLS and len(words) > _SAME * len(texts)


def _side_by_side(
    grid: Grid, whole: Recognised, known: Known, context: str
) -> Iterator[tuple[Grid, Candidate | Finding]]:
    """The parts of a sheet that blank columns divide, when two of them are tables; else the sheet as it is."""
    anchor = whole.best or next(iter(whole.nearest), None)
    spans = _spans(grid, anchor) if anchor else []
    parts = [_only(grid, span, anchor.first) for span in spans] if anchor and len(spans) > 1 else []
    found = [recognise_layout(part, known, context) for part in parts]
    if sum(one.best is not None and one.best.is_enough_alone for one in found) < 2:
        # One table, with a blank column in it or beside notes; or none. The halves of one table share its title, so that
        # only what the heads say by themselves counts.
        yield from [(grid, whole.best)] if whole.best else []
        return
    for part, one, (left, right) in zip(parts, found, spans, strict=True):
        if one.best is not None:
            yield part, one.best
        elif one.nearest:
            columns = f"{column_letter(left)}—{column_letter(right)} 列"
            yield part, _unrecognised(part, one.nearest[0].first, len(part.rows), (columns,), one)


def _spans(grid: Grid, best: Candidate) -> list[tuple[int, int]]:
    """Runs of columns, from 1, between columns that are blank from the header down."""
    rows = grid.rows[best.first - 1 : best.last]
    filled = [any(row[at] != "" for row in rows) for at in range(grid.width)]
    if "".join("x" if one else " " for one in filled).strip().isalpha():
        return [(1, grid.width)]
    # A head may be missing over a column that does hold something.
    below = grid.rows[best.last :]
    filled = [one or any(row[at] != "" for row in below) for at, one in enumerate(filled)]
    spans: list[tuple[int, int]] = []
    for at, is_filled in enumerate(filled, 1):
        if is_filled and spans and spans[-1][1] == at - 1:
            spans[-1] = (spans[-1][0], at)
        elif is_filled:
            spans.append((at, at))
    return spans


def _only(grid: Grid, span: tuple[int, int], header: int) -> Grid:
    """The sheet with everything outside a run of columns blanked; without titles of its own it keeps those of the sheet."""
    left, right = span
    blanks_before, blanks_after = [""] * (left - 1), [""] * (grid.width - right)
    has_titles = any(cell != "" for row in grid.rows[: header - 1] for cell in row[left - 1 : right])
    cut = 0 if has_titles else header - 1
    rows = [*grid.rows[:cut], *([*blanks_before, *row[left - 1 : right], *blanks_after] for row in grid.rows[cut:])]
    marks = {place: mark for place, mark in grid.marks.items() if left <= place[1] <= right}
    return replace(grid, rows=rows, marks=marks)


def _unrecognised(grid: Grid, first: int, last: int, titles: Sequence[str], found: Recognised) -> Finding:
    candidates = dict.fromkeys(one.headers.contract.title for one in found.nearest)
    what = " ".join(titles) or "没有标题"
    place = Place(grid.sheet, first)
    return file_finding(
        "table.unrecognised", place, found=f"第 {first}—{last} 行：{what}", first=first, last=last,
        candidates=listed(candidates),
    )  # fmt: skip


def _doubled(grid: Grid, candidate: Candidate) -> Finding:
    headers = "、".join(header for _, header in candidate.match.unknown)
    return file_finding("table.doubled", Place(grid.sheet, candidate.last), found=headers)
