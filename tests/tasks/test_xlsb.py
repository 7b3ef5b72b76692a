"""Binary xlsx: written record by record, so that each thing calamine does not tell of it (errors, hiding, merges, days) is seen."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile

import pytest

from tasks.intake.grid import FileRefusedError, Grid, Limits
from tasks.intake.read import read_grids

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DAY = 1
"""The second cell format of the workbook: a date."""


def _variable(number: int) -> bytes:
    rest, last = divmod(number, 0x80)
    return bytes([last | 0x80]) + _variable(rest) if rest else bytes([last])


def record(kind: int, body: bytes = b"") -> bytes:
    return _variable(kind) + _variable(len(body)) + body


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def row(number: int, *cells: bytes, flags: int = 0) -> bytes:
    """A row by its number, from 1; its cells stand in the columns A, B, C …"""
    return record(0, struct.pack("<IIHBBBI", number - 1, 0, 300, 0, flags, 0, 0)) + b"".join(cells)


def cell(kind: int, column: int, body: bytes = b"", style: int = 0) -> bytes:
    """A cell by its column, from 1."""
    return record(kind, struct.pack("<II", column - 1, style) + body)


def text(column: int, value: str) -> bytes:
    return cell(6, column, wide(value))


def real(column: int, value: float, style: int = 0) -> bytes:
    return cell(5, column, struct.pack("<d", value), style)


def workbook(*rows: bytes, columns: bytes = b"", behind: bytes = b"", from_1904: bool = False) -> bytes:
    relation = f'<Relationship Id="r{{}}" Type="{OFFICE}/{{}}" Target="{{}}"/>'
    relations = f'<Relationships xmlns="{PACKAGE}/relationships">{{}}</Relationships>'
    sheet = record(156, struct.pack("<II", 0, 1) + wide("r1") + wide("表"))
    formats = b"".join(record(47, struct.pack("<HHHHHHI", 0, number, 0, 0, 0, 0, 0)) for number in (0, 14))
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": relations.format(relation.format(1, "officeDocument", "xl/workbook.bin")),
        "xl/workbook.bin": record(131)
        + record(153, struct.pack("<II", from_1904, 0) + wide(""))
        + record(143)
        + sheet
        + record(144)
        + record(132),
        "xl/_rels/workbook.bin.rels": relations.format(
            relation.format(1, "worksheet", "worksheets/sheet1.bin") + relation.format(2, "styles", "styles.bin")
        ),
        "xl/styles.bin": record(278) + record(617, struct.pack("<I", 2)) + formats + record(618) + record(279),
        "xl/worksheets/sheet1.bin": record(129)
        + record(148, struct.pack("<IIII", 0, 9, 0, 9))
        + columns
        + record(145)
        + b"".join(rows)
        + record(146)
        + behind
        + record(130),
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for name, part in parts.items():
            target.writestr(name, part)
    return written.getvalue()


def only(content: bytes) -> Grid:
    (grid,) = read_grids(content, "台账.xlsb", Limits()).grids
    return grid


def test_errors_and_lost_values_are_marked():
    lost, kept = struct.pack("<IHI", 0, 2, 0), wide("丁") + struct.pack("<HI", 2, 0)
    grid = only(
        workbook(
            row(1, text(1, "甲"), real(2, 2.5), cell(3, 3, b"\x17")),
            row(2, cell(11, 1, b"\x2a" + bytes(6)), cell(8, 2, lost), cell(8, 3, kept)),
        )
    )
    assert grid == Grid(
        "表",
        [["甲", 2.5, ""], ["", "", "丁"]],
        grid.merges,
        {(1, 3): "error_cell", (2, 1): "error_cell", (2, 2): "formula_without_value"},
    )


@pytest.mark.parametrize("is_filtered", [True, False])
def test_hidden_rows_columns_and_filters(is_filtered):
    hidden = record(390) + record(60, struct.pack("<IIIIH", 1, 1, 2560, 0, 1)) + record(391)
    filtered = record(161, struct.pack("<IIII", 0, 2, 0, 2)) + record(163, struct.pack("<IH", 0, 0)) + record(164)
    numbers = [row(at, real(1, at), real(2, 0), real(3, 1), flags=0x10 if at == 2 else 0) for at in (1, 2, 3)]
    grid = only(workbook(*numbers, columns=hidden, behind=filtered + record(162) if is_filtered else b""))
    assert grid.rows == [[at, 0, 1] for at in (1, 2, 3)]
    assert (grid.hidden_rows, grid.hidden_columns, grid.is_filtered) == (frozenset({2}), frozenset({2}), is_filtered)


def test_merges():
    boxes = [(0, 0, 0, 1), (1, 2, 0, 0)]
    merges = [record(176, struct.pack("<IIII", *box)) for box in boxes]
    behind = record(177, struct.pack("<I", 2)) + b"".join(merges) + record(178)
    grid = only(workbook(row(1, text(1, "甲")), row(2, text(1, "乙"), real(2, 1)), row(3, real(2, 2)), behind=behind))
    assert (grid.rows, grid.merges) == ([["甲", ""], ["乙", 1], ["", 2]], ((1, 1, 1, 2), (2, 1, 3, 1)))


@pytest.mark.parametrize(("from_1904", "serial"), [(True, 42798), (False, 44260)])
def test_days_since_1904(from_1904, serial):
    grid = only(workbook(row(1, real(1, serial, style=DAY)), from_1904=from_1904))
    assert (grid.is_1904, grid.rows) == (from_1904, [[datetime.date(2021, 3, 5)]])


def test_a_far_cell_is_refused():
    with pytest.raises(FileRefusedError, match=r"file\.far_cell"):
        only(workbook(row(1, text(1, "甲")), row(1_048_576, real(16_384, 1))))


def test_a_part_cut_short_is_refused():
    whole = workbook(row(1, text(1, "甲")), row(2, text(1, "乙")))
    cut = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(cut, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, part[: part.rfind("乙".encode("utf-16-le"))] if "sheet1.bin" in name else part)
    with pytest.raises(FileRefusedError, match=r"file\.unreadable"):
        only(cut.getvalue())
