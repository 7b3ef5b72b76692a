"""Intake, recognising: what title and stamp claim a table to be, against its header; and what of it its file hides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.values import Finding, Place, column_letter
from tasks.intake.conform import ConformedTable
from tasks.intake.headers import ContractHeaders, short_key
from tasks.intake.layout import title_in
from tasks.intake.read_findings import file_finding
from tasks.intake.read_stamp import Stamp
from tasks.intake.tables import FoundTable

_LISTED = 5


def find_wrong_contract(found: FoundTable, known: Mapping[str, ContractHeaders], stamp: Stamp | None) -> Finding | None:
    """A finding when the table's title, or the form it was made from, is that of another ledger than its header.

    The stamp of a form gives way where title and header agree: clerks add sheets to a form they have at hand.
    """
    own = found.candidate.headers
    place = Place(found.grid.sheet, found.candidate.last)
    headed = own.contract.title
    if _is_titled(own, found.titles):
        return None
    titled = next((headers.contract.title for headers in known.values() if _ends_a_title(headers, found.titles)), None)
    if titled:
        return file_finding(
            "contract.contradicted", place, found=" ".join(found.titles), titled=titled, headed=headed
        )  # fmt: skip
    if stamp and stamp.contract in known and stamp.contract != own.contract.contract:
        stamped = known[stamp.contract].contract.title
        return file_finding("contract.stamp_contradicted", place, found=stamped, stamped=stamped, headed=headed)
    return None


def stamp_remark(
    found: FoundTable, stamp: Stamp | None, known: Mapping[str, ContractHeaders], period: str
) -> Finding | None:
    """What to say when a table was taken although the form it was made from is of another ledger or year."""
    contract = found.candidate.headers.contract
    place = Place(found.grid.sheet, found.candidate.last)
    if stamp is None or stamp.contract not in known:
        return None
    if stamp.contract != contract.contract:
        stamped = known[stamp.contract].contract.title
        return file_finding("contract.stamp_differs", place, found=stamped, stamped=stamped, headed=contract.title)
    if stamp.year != period:
        return file_finding("period.stamp_differs", place, found=stamp.year, stamped=stamp.year, year=period)
    return None


def hidden_parts(found: FoundTable, table: ConformedTable) -> Finding | None:
    """What of the table's records and columns is hidden in the file, in one finding."""
    grid = found.grid
    rows = sorted(grid.hidden_rows.intersection(table.rows.tolist())) if grid.hidden_rows else []
    positions = {position for position, _ in table.layout.columns.values()}
    columns = sorted(grid.hidden_columns & positions)
    if not rows and not columns:
        return None
    parts = []
    if rows:
        why = "筛选隐藏了" if grid.is_filtered else "隐藏了"
        parts.append(f"{why} {len(rows)} 行（第 {_some(rows)} 行）")
    if columns:
        parts.append(f"隐藏了 {len(columns)} 列（{_some([column_letter(column) for column in columns])} 列）")
    what = "，".join(parts)
    return file_finding("table.hidden", Place(grid.sheet, found.candidate.last), found=what, what=what)


def _some(names: Sequence[object]) -> str:
    return "、".join(map(str, names[:_LISTED])) + (" 等" if len(names) > _LISTED else "")


def _is_titled(headers: ContractHeaders, titles: Sequence[str]) -> bool:
    return any(title_in(headers, short_key(text)) for text in titles)


def _ends_a_title(headers: ContractHeaders, titles: Sequence[str]) -> bool:
    # A note may mention any ledger; a title ends in its name.
    return any(short_key(text).endswith(headers.titles) for text in titles)
