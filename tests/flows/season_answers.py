"""What partners answer in the season: forms out of the parcel they were mailed, filled in, and mailed as clerks do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from openpyxl import Workbook, load_workbook

from tests.flows.season_office import SeasonOffice, clerk

FIRST_ROW = 4
Value = str | int | None
Row = Mapping[str, Value]
ID_NUMBERS = ("110101190001010012", "110101190001020013")
PHONES = ("13800000000", "13900000001")
PLANTED = (*ID_NUMBERS, *PHONES)
"""None of them can be anybody's."""
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def training(name: str, school: str, **told: Value) -> Row:
    """A row of a training ledger of 2021 that is right unless told otherwise."""
    usual: dict[str, Value] = {
        "培训项目名称": name, "受训单位": school, "培训方式": "线下", "开始时间": "2021-03-05", "结束时间": "2021-03-09",
        "培训人次": 40,
    }  # fmt: skip
    return {**usual, **told}


def attachment(message: EmailMessage) -> bytes:
    """The one attachment of a mail of ours."""
    (part,) = message.iter_attachments()
    content = part.get_content()
    assert isinstance(content, bytes)
    return content


def form_of(parcel: bytes, title: str) -> bytes:
    """The blank workbook in a parcel whose name has the title."""
    with zipfile.ZipFile(io.BytesIO(parcel)) as archive:
        (name,) = [name for name in archive.namelist() if title in name]
        return archive.read(name)


def fill(form: bytes, rows: Sequence[Row]) -> bytes:
    """The form with these rows; headers it does not have are added as columns of their own."""
    book = load_workbook(io.BytesIO(form))
    sheet = book.worksheets[0]
    headers = {str(cell.value).partition("（")[0]: cell.column for cell in sheet[FIRST_ROW - 1] if cell.value}
    for number, row in enumerate(rows):
        for header, value in row.items():
            if header not in headers:
                headers[header] = max(headers.values()) + 1
                sheet.cell(FIRST_ROW - 1, headers[header], header)
            sheet.cell(FIRST_ROW + number, headers[header], value)
    return _saved(book)


def correct(marked: bytes, columns: Mapping[str, Sequence[Value]]) -> bytes:
    """The marked workbook as its clerk corrects it in place: columns written anew from the first row on."""
    book = load_workbook(io.BytesIO(marked))
    sheet = next(sheet for sheet in book.worksheets if sheet.cell(FIRST_ROW - 1, 1).value == "序号")
    for cell in sheet[FIRST_ROW - 1]:
        for number, value in enumerate(columns.get(str(cell.value).partition("（")[0], ())):
            sheet.cell(FIRST_ROW + number, int(cell.column or 0)).value = value
    return _saved(book)


def ledger_of_2020(school: str) -> bytes:
    """A small ledger of the year before, made by hand."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["2020年度师资培训台账"])
    row = training("骨干教师研修班", school, 开始时间="2020-05-05", 结束时间="2020-05-09", 培训人次=100)
    sheet.append(list(row))
    sheet.append(list(row.values()))
    return _saved(book)


def answer(
    office: SeasonOffice,
    code: str,
    at: str,
    content: bytes,
    name: str = "台账.xlsx",
    *,
    subject: str = "报送台账",
    sender: str = "",
) -> str:
    """Mail a file to the office's mailbox; returns the Message-ID."""
    moment = datetime.fromisoformat(f"2022-{at.replace(' ', 'T')}:00").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender or clerk(code), "office@college.example", subject
    message["Date"] = format_datetime(moment)
    message["Message-ID"] = f"<{moment:%m%d%H%M}@{code}.example>"
    message.set_content(f"请查收，有事请打 {PHONES[0]}。")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    office.imap.append([message.as_bytes()])
    return str(message["Message-ID"])


def _saved(book: Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
