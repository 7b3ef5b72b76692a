"""Step four: write sheets as a file: xlsx and csv byte for byte the same every time; xls, ods and encrypted ones made once and kept."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

from examples.sheet import Sheet
from examples.typing_styles import Cell

MADE_ON = datetime(2021, 9, 15, 9, 0, 0)  # noqa: DTZ001 - a spreadsheet's own clock has no zone
PASSWORD = "not-told-to-anyone"  # noqa: S105 - the point of the file is that nobody can open it


def write_book(path: Path, sheets: list[Sheet], form: str) -> None:
    """Write the sheets to `path` in the form named (a key of FORMS)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    FORMS[form](path, sheets)


def _xlsx(path: Path, sheets: list[Sheet]) -> None:
    path.write_bytes(_xlsx_bytes(sheets))


def _xlsx_bytes(sheets: list[Sheet]) -> bytes:
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory, {"default_date_format": "yyyy/m/d"})
    book.set_properties({"created": MADE_ON})
    looks = {
        "head": book.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}),
        "cell": book.add_format({"valign": "vcenter"}),
        "date": book.add_format({"num_format": "yyyy/m/d"}),
    }
    for sheet in sheets:
        _fill(book.add_worksheet(sheet.name), sheet, looks)
    book.close()
    return memory.getvalue()


def _fill(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, looks: Mapping[str, xlsxwriter.format.Format]) -> None:
    for merge in sheet.merges:
        page.merge_range(*merge, "", looks["head"])
    for row, line in enumerate(sheet.cells):
        usual = "head" if row in sheet.header_rows else "cell"
        for column, cell in enumerate(line):
            _put(page, (row, column), cell, looks["date" if isinstance(cell, date) else usual])
    for row in sheet.hidden_rows:
        page.set_row(row, None, None, {"hidden": True})
    if sheet.is_hidden:
        page.hide()
    page.set_column(0, 20, 16)


def _put(page: xlsxwriter.worksheet.Worksheet, at: tuple[int, int], cell: Cell, look: xlsxwriter.format.Format) -> None:
    if isinstance(cell, date):
        page.write_datetime(*at, datetime(cell.year, cell.month, cell.day), look)  # noqa: DTZ001 - as above
    elif isinstance(cell, int | float):
        page.write_number(*at, cell, look)
    elif cell and cell.startswith("=#"):
        page.write_formula(*at, "=A999999/0", look, cell[1:])
    elif cell:
        page.write_string(*at, cell, look)


def _converted(path: Path, sheets: list[Sheet]) -> None:
    """LibreOffice stamps the time of conversion into the file, so a file already there is left alone."""
    if path.exists():
        return
    office = shutil.which("soffice")
    if office is None:
        raise FileNotFoundError(f"{path} has to be made by LibreOffice, and there is no soffice on this machine")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "book.xlsx"
        source.write_bytes(_xlsx_bytes(sheets))
        command = [
            office,
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            path.suffix[1:],
        ]
        subprocess.run([*command, "--outdir", folder, str(source)], check=True, capture_output=True)  # noqa: S603
        shutil.copyfile(source.with_suffix(path.suffix), path)


def _encrypted(path: Path, sheets: list[Sheet]) -> None:
    """Encryption takes a random salt, so a file already there is left alone."""
    if path.exists():
        return
    with path.open("wb") as target:
        OOXMLFile(io.BytesIO(_xlsx_bytes(sheets))).encrypt(PASSWORD, target)


def _truncated(path: Path, sheets: list[Sheet]) -> None:
    """A copy that broke off half way."""
    whole = _xlsx_bytes(sheets)
    path.write_bytes(whole[: len(whole) * 6 // 10])


def _text(sheets: list[Sheet]) -> str:
    memory = io.StringIO(newline="")
    writer = csv.writer(memory, lineterminator="\r\n")
    for line in sheets[0].cells:
        writer.writerow(["" if cell is None else cell for cell in line])
    return memory.getvalue()


def _csv(encoding: str) -> Callable[[Path, list[Sheet]], None]:
    def write(path: Path, sheets: list[Sheet]) -> None:
        path.write_bytes(_text(sheets).encode(encoding))

    return write


FORMS: Mapping[str, Callable[[Path, list[Sheet]], None]] = {
    "xlsx": _xlsx,
    "xls": _converted,
    "ods": _converted,
    "encrypted": _encrypted,
    "truncated": _truncated,
    "csv_gbk": _csv("gb18030"),
    "csv_bom": _csv("utf-8-sig"),
    "text": _csv("utf-8"),
}
