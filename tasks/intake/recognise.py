"""Intake, recognising: the sheets of a file become conformed tables with a period, or findings that say why not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeAlias

from schemas.contract import ColumnType
from schemas.values import Finding, Place, RefusedTable
from tasks.intake.cell_columns import CellReader
from tasks.intake.grid import Grid
from tasks.intake.headers import ContractHeaders, header_key
from tasks.intake.layout import Candidate
from tasks.intake.read_findings import file_finding, listed
from tasks.intake.read_period import YearSources, titled_year
from tasks.intake.read_stamp import Stamp
from tasks.intake.read_table import FileContext, Table, read_table
from tasks.intake.summary_sheets import without_summaries
from tasks.intake.tables import FoundTable, SheetTables, find_tables

_GUIDANCE = re.compile(r"说明|须知|目录|封面|字典|选项|下拉|示例|样例|范例|模板|代码")
_EXAMPLES = re.compile(r"说明|须知|示例|样例|范例")
_FORM = re.compile(r"模板|空表")
_PICKED_FROM_LISTS = frozenset({ColumnType.CHOICE, ColumnType.PARTNER})
Result: TypeAlias = Table | Finding | RefusedTable


@dataclass(frozen=True, slots=True)
class RecognisedFile:
    """What the sheets of one file gave: tables to load, and findings on what could not be taken.

    `is_recognised` is False when no sheet was a ledger at all. `untaken` are contract and year (None: not said) of the ledgers
    of which nothing could be taken.
    """

    tables: tuple[Table, ...]
    findings: tuple[Finding, ...]
    is_recognised: bool
    refused: tuple[RefusedTable, ...] = ()
    untaken: tuple[tuple[str, str | None], ...] = ()


def recognise_file(
    grids: Sequence[Grid],
    known: Mapping[str, ContractHeaders],
    reader: CellReader,
    *,
    sender: str,
    address: str,
    stamp: Stamp | None = None,
    approved: Mapping[str, Mapping[str, str | None]] | None = None,
) -> RecognisedFile:
    """Read every sheet of a file as ledgers.

    Hidden sheets are read like the others, and said. But where a visible sheet holds the same ledger of the same year (and,
    on sheets by partner, of the same partner), the hidden one is taken for an old copy: counted twice it would do more harm
    than left out, and that is said too. Where every ledger is hidden, all are read.

    Args:
        grids: the sheets.
        known: the header index of every contract.
        reader: converts cells.
        sender: code of the partner.
        address: file name with its folder, which may name the ledger or the year.
        stamp: what the form was made for that the file began as, if it carries that.
        approved: an operator's answers for this partner: contract → header key (`headers.header_key` of the header as
            SheetLayout gives it) → column, or None for a header to be left out in silence.
    """
    known = {name: headers.approving((approved or {}).get(name, {})) for name, headers in known.items()}
    names = _name_texts(address)
    seen = [find_tables(grid, known, _context(grid, names)) for grid in grids]
    found = [table for sheet in seen for table in sheet.tables]
    if not found and not any(sheet.findings for sheet in seen):
        return RecognisedFile((), (_unrecognised(seen),), is_recognised=False)
    file = FileContext(known, sender, names[0], names[1:], stamp, _says_one_year(found))
    findings = [*_passed_over(seen), *(finding for sheet in seen for finding in sheet.findings)]
    visible: list[Result] = []
    hidden: list[tuple[Grid, list[Result]]] = []
    for sheet in seen:
        tables, examples = _without_examples(sheet, seen)
        findings += examples
        results = [result for table in tables for result in read_table(table, reader, file)]
        if sheet.grid.is_hidden:
            hidden.append((sheet.grid, results))
        else:
            visible += results
    visible = without_summaries(visible)
    taken = [*visible, *(result for one in hidden for result in _of_hidden(*one, visible))]
    return RecognisedFile(
        tuple(result for result in taken if isinstance(result, Table)),
        (*findings, *(result for result in taken if isinstance(result, Finding))),
        is_recognised=True,
        refused=tuple(result for result in taken if isinstance(result, RefusedTable)),
        untaken=tuple(_untaken(found, taken)),
    )


def _untaken(found: Sequence[FoundTable], taken: Sequence[Result]) -> Iterator[tuple[str, str | None]]:
    """Each ledger once; one without a year in its title, or with a year in doubt, goes unsaid beside one whose year is known."""
    had = {(one.conformed.contract.contract, one.period) for one in taken if isinstance(one, Table)}
    said = [(one.contract, one.period) for one in taken if isinstance(one, RefusedTable)]
    disputed = {one.place.sheet for one in taken if isinstance(one, Finding) and one.rule_id.startswith("period.")}
    for table in found:
        year = None if table.grid.sheet in disputed else _titled(table)
        said.append((_contract(table), str(year) if year else None))
    dated = {contract for contract, period in (*had, *said) if period}
    for contract, period in dict.fromkeys(said):
        if (contract, period) not in had and (period or contract not in dated):
            yield contract, period


def _of_hidden(grid: Grid, results: Sequence[Result], visible: Sequence[Result]) -> Iterator[Result]:
    """What is taken of a hidden sheet beside the visible ones, and one finding on it."""
    place, sheet = Place(grid.sheet), grid.sheet or ""
    slots = {_slot(result) for result in visible if isinstance(result, Table)}
    copies = [result for result in results if isinstance(result, Table) and _slot(result) in slots]
    tables = [result for result in results if isinstance(result, Table) and _slot(result) not in slots]
    for copy in copies:
        words = {"period": copy.period, "title": f"“{copy.conformed.contract.title}”"}
        yield file_finding("sheet.hidden_copy", place, found=sheet, sheet=sheet, **words)
    if tables:
        yield file_finding("sheet.hidden", place, found=sheet, sheet=sheet)
        yield from tables
    for result in results:
        if isinstance(result, Finding) and visible:
            yield file_finding("sheet.hidden_not_taken", place, found=sheet, sheet=sheet, reason=result.message)
        elif not isinstance(result, Table) and not visible:
            yield result


def _slot(table: Table) -> tuple[str, str, str | None]:
    return table.conformed.contract.contract, table.period, table.subject


def _without_examples(sheet: SheetTables, seen: Sequence[SheetTables]) -> tuple[Sequence[FoundTable], list[Finding]]:
    """The tables of a sheet; none where it explains or holds the form of a ledger that stands filled in on another sheet."""
    name = sheet.grid.sheet or ""
    is_form = _FORM.search(name) is not None
    if not is_form and not _EXAMPLES.search(name):
        return sheet.tables, []
    others = {_contract(table) for other in seen if other is not sheet for table in other.tables}
    if any(_contract(table) not in others for table in sheet.tables) or not sheet.tables:
        return sheet.tables, []
    told = [file_finding("sheet.example", Place(name), found=name, sheet=name)] if is_form else []
    return (), told


def _contract(table: FoundTable) -> str:
    return table.candidate.headers.contract.contract


def _says_one_year(found: Sequence[FoundTable]) -> bool:
    years = set()
    for table in found:
        years.add(_titled(table))
    return len(years - {None}) <= 1


def _titled(table: FoundTable) -> int | None:
    sources = YearSources(table.titles, table.inherited, table.grid.sheet or "")
    return titled_year(table.candidate.headers.contract, sources)


def _unrecognised(seen: Sequence[SheetTables]) -> Finding:
    sheets = [sheet.grid.sheet for sheet in seen if sheet.grid.sheet]
    nearest = [c for sheet in seen for c in sheet.nearest if c.is_enough or len(c.match.columns) >= 2]
    titles = dict.fromkeys(c.headers.contract.title for c in sorted(nearest, key=lambda c: -c.score)[:3])
    found = f"工作表：{'、'.join(sheets)}" if sheets else "没有内容相符的表格"
    return file_finding("sheet.unrecognised", found=found, candidates=listed(titles, "；最接近的有："))


def _passed_over(seen: Sequence[SheetTables]) -> Iterator[Finding]:
    """Sheets that look like ledgers but fit no contract; guidance and lists to choose from are passed over in silence."""
    for sheet in seen:
        grid, nearest = sheet.grid, sheet.nearest
        if sheet.tables or sheet.findings or grid.is_hidden or not nearest or _GUIDANCE.search(grid.sheet or ""):
            continue
        if len(nearest[0].match.columns) < 2 or all(map(_is_list, nearest)):
            continue
        candidates = listed(dict.fromkeys(candidate.headers.contract.title for candidate in nearest))
        yield file_finding("sheet.unrecognised", Place(grid.sheet), found=grid.sheet or "", candidates=candidates)


def _is_list(candidate: Candidate) -> bool:
    """Whether a candidate has only columns whose cells are picked from lists: the sheet then holds the lists."""
    contract = candidate.headers.contract
    return all(contract.column(name).type in _PICKED_FROM_LISTS for name in candidate.match.columns)


def _name_texts(address: str) -> tuple[str, ...]:
    path = PurePath(address.partition(":")[2] or address)
    return (path.stem, *reversed(path.parent.parts))


def _context(grid: Grid, names: Sequence[str]) -> str:
    return "|".join((header_key(grid.sheet or ""), header_key(names[0])))
