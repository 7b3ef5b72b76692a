"""Opening an xlsx: what calamine is given instead of the file says the same, and what is damaged is still refused."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
import xlsxwriter

from tasks.intake.grid import FileRefusedError, Grid, Limits
from tasks.intake.read import read_grids

ROWS = 60


def workbook(merged: bool = True) -> bytes:
    """Two sheets of sixty rows; the first with merged cells, a hidden row and Chinese text."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written) as book:
        for name in ("甲", "乙"):
            sheet = book.add_worksheet(name)
            for row in range(ROWS):
                sheet.write_row(row, 0, [row, f"实训室{row}", "", 1.5])
        if merged:
            sheet = book.worksheets()[0]
            sheet.merge_range(2, 2, 4, 2, "合并甲")
            sheet.merge_range(9, 2, 10, 2, "合并乙")
            sheet.set_row(5, None, None, {"hidden": True})
    return written.getvalue()


def changed(content: bytes, part: str, pattern: bytes, to: bytes) -> bytes:
    """The package with one place of a part written otherwise."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            bytes_of_part = source.read(name)
            if name == part:
                bytes_of_part, count = re.subn(pattern, to, bytes_of_part, count=1, flags=re.DOTALL)
                assert count == 1
            target.writestr(name, bytes_of_part)
    return written.getvalue()


def grids(content: bytes) -> tuple[Grid, ...]:
    return read_grids(content, "台账.xlsx", Limits()).grids


SHEET = "xl/worksheets/sheet1.xml"


def test_cells_and_merges_are_those_of_the_file():
    first, second = grids(workbook())
    assert first.merges == ((3, 3, 5, 3), (10, 3, 11, 3))
    assert first.hidden_rows == {6}
    assert [row[2] for row in first.rows[1:6]] == ["", "合并甲", "", "", ""]
    assert second.merges == ()
    assert list(second.rows) == [[float(row), f"实训室{row}", "", 1.5] for row in range(ROWS)]


def test_a_large_package_is_read_the_same_without_being_held():
    content = io.BytesIO(workbook())
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/media/picture.bmp", bytes(17 * 2**20))
    assert grids(content.getvalue()) == grids(workbook())


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param((rb"<row r=\"30\".*?</c>", rb"\g<0></c>"), id="an element ends twice among the cells"),
        pytest.param((rb"</sheetData>.*", b"</sheetData><pageMargins"), id="breaks off behind the cells"),
        pytest.param((rb"<row r=\"30\".*", b""), id="breaks off among the cells"),
    ],
)
def test_damage_is_refused_wherever_it_stands(damage):
    with pytest.raises(FileRefusedError) as refused:
        grids(changed(workbook(merged=False), SHEET, *damage))
    assert refused.value.finding.rule_id == "file.unreadable"


def test_two_sets_of_merges_are_left_to_calamine():
    twice = changed(workbook(), SHEET, rb"(<mergeCells.*?</mergeCells>)", rb"\1\1")
    assert grids(twice) == grids(workbook())


def test_a_comment_with_merges_is_no_merge():
    commented = changed(workbook(), SHEET, rb"(<mergeCells.*?</mergeCells>)", rb"<!-- \1 -->")
    assert [grid.merges for grid in grids(commented)] == [(), ()]


def test_a_part_nobody_reads_may_be_damaged():
    content = workbook()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        info = package.getinfo("docProps/core.xml")
    # One byte of the packed part, behind its local header.
    at = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    damaged = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
    assert grids(damaged) == grids(content)
