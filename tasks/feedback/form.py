"""Feedback: what a form is made of: the columns it asks for, how they are headed, and its common look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from schemas.cells import CellValue
from schemas.contract import Column, Contract, Privacy
from sources.partner import Partner

_FONT = "微软雅黑"


def asked_columns(contract: Contract) -> tuple[Column, ...]:
    """The columns a form asks for: not those that are only recognised so that they can be kept out."""
    return tuple(
        column
        for column in contract.columns
        if column.privacy is not Privacy.DROPPED and not column.description.startswith("不需要填写")
    )


def form_header(column: Column) -> str:
    """The header as printed on the form, with its unit where the words do not say it."""
    if not column.unit or column.unit in column.header:
        return column.header
    return f"{column.header}（{column.unit}）"


@dataclass(frozen=True, slots=True)
class Form:
    """What is being written: the open workbook, and what the form is about. `rows` are known already: header → value."""

    workbook: Workbook
    contract: Contract
    partner: Partner | None
    year: int
    rows: Sequence[Mapping[str, CellValue]] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns the form asks for."""
        return asked_columns(self.contract)

    @property
    def title(self) -> str:
        """The title over the table, with the year the reader looks for."""
        return f"{self.year}年度{self.contract.title}"

    def style(self, **settings: object) -> Format:
        """A cell format in the face of the form."""
        return self.workbook.add_format({"font_name": _FONT, "font_size": 10, "valign": "vcenter", **settings})
