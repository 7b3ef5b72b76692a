"""A parcel holds exactly what a partner owes for a year, what is known filled in, and the letter says until when."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

from openpyxl import load_workbook

from schemas.cells import CellValue
from schemas.contract import shipped_contracts
from sources.partner import Partner
from tasks.feedback.parcel import LETTER, parcel_mail, write_parcel

PARTNER = Partner.model_validate(
    {
        "code": "hetian", "name": "和田职业技术学院", "kind": "supported_school", "inbox": "folder:hetian",
        "contacts": [{"role": "联络员", "email": "clerk@example.org"}],
        "owes": [
            {"contract": "training_session", "periods": [2020, 2021]},
            {"contract": "training_room", "periods": [2021], "due_on": {2021: date(2022, 1, 10)}},
            {"contract": "award", "periods": [2020]},
        ],
    }
)  # fmt: skip
ROOM: dict[str, CellValue] = {
    "受援单位": "和田职业技术学院",
    "实训室名称": "新能源实训室",
    "建成时间": date(2020, 9, 1),
    "工位数": "约40",
}


def test_a_parcel_holds_what_is_owed_with_what_is_known(tmp_path: Path) -> None:
    path = write_parcel(PARTNER, 2021, shipped_contracts(), {"training_room": [ROOM]}, tmp_path / "parcels")
    assert path == tmp_path / "parcels" / "2021年度台账填报包-和田职业技术学院.zip"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    with zipfile.ZipFile(path) as parcel:
        titles = [shipped_contracts()[name].title for name in ("training_room", "training_session")]
        forms = [f"2021年度{title}-和田职业技术学院.xlsx" for title in titles]
        assert parcel.namelist() == [LETTER, *forms]
        letter = parcel.read(LETTER).decode()
        sheet = load_workbook(io.BytesIO(parcel.read(forms[0]))).worksheets[0]
    assert "2022年1月10日" in letter
    assert "2022年1月20日" in letter
    row = {
        str(sheet.cell(3, column).value).partition("（")[0]: sheet.cell(4, column).value
        for column in range(1, sheet.max_column + 1)
    }
    assert row["序号"] == 1
    assert row["实训室名称"] == "新能源实训室"
    assert row["工位数"] == "约40"
    assert sheet.cell(5, 2).value is None


def test_who_owes_nothing_gets_no_parcel(tmp_path: Path) -> None:
    assert write_parcel(PARTNER, 2019, shipped_contracts(), {}, tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_the_mail_goes_to_the_contacts_with_the_parcel(tmp_path: Path) -> None:
    path = tmp_path / "parcel.zip"
    mail = parcel_mail(PARTNER, 2021, shipped_contracts(), path)
    assert mail is not None
    assert (mail.to, mail.attachments) == (("clerk@example.org",), (path,))
    assert mail.subject == "【台账填报】和田职业技术学院：2021 年度台账空白表"
    assert "现将 2021 年度需要您单位填报的 2 项台账" in mail.text
