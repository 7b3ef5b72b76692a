"""Feedback: a partner's parcel for the season: the forms of exactly what it owes for a year, and a letter that says so."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from schemas.cells import CellValue
from schemas.chinese import chinese_day
from schemas.contract import Contract
from sources.partner import Partner
from tasks.feedback.blank import write_blank_workbook
from tasks.feedback.letter import Letter, Part
from tasks.mail import Mail

Known = Mapping[str, Sequence[Mapping[str, CellValue]]]
"""Contract → the rows in force of a partner, to be filled in: canonical header → value."""

LETTER = "填报通知.html"
_HOW = (
    "每项台账一个文件，请直接在表中填写；橙色表头的栏目必填，“填表说明”工作表逐栏说明填法。",
    "表中已有的行是以前报送、现在仍有效的内容：请核对、改正，并在后面接着填写新增的。",
    "填好后保存为 xlsx 文件，按原来的渠道报送；收到后会发送回执，有问题的会把标注工作簿发给您单位。",
    "本年度确实没有发生的，请与双高办联系说明，不要报送空表。",
)


def write_parcel(
    partner: Partner, year: int, contracts: Mapping[str, Contract], known: Known, folder: Path
) -> Path | None:
    """Write the parcel as one zip.

    Args:
        partner: whom it is for.
        year: the year the ledgers are about.
        contracts: by name.
        known: rows that are filled in.
        folder: where to write it.

    Returns:
        The zip, or None when the partner owes nothing for the year.

    Raises:
        OSError: it cannot be written.
    """
    owed = list(owed_for(partner, year))
    if not owed:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    to = folder / f"{year}年度台账填报包-{partner.name}.zip"
    partial = to.with_name(f".{to.name}.part")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as parcel:
            _add(parcel, LETTER, cover_letter(partner, year, contracts).html.encode())
            for name, _ in owed:
                form = folder / f".{partner.code}-{name}.xlsx"
                write_blank_workbook(contracts[name], partner, year, form, known.get(name, ()))
                _add(parcel, f"{year}年度{contracts[name].title}-{partner.name}.xlsx", form.read_bytes())
                form.unlink()
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
    return to


def owed_for(partner: Partner, year: int) -> Iterator[tuple[str, date]]:
    """Contract and due day of everything the partner owes for a year, the earliest first."""
    dues = ((o.contract, o.due_dates[str(year)]) for o in partner.owes if year in o.periods)
    return iter(sorted(dues, key=lambda due: (due[1], due[0])))


def cover_letter(partner: Partner, year: int, contracts: Mapping[str, Contract]) -> Letter:
    """The letter of a parcel: what is owed, until when, and how to fill it in."""
    rows = tuple(
        (contracts[name].title, contracts[name].grain, chinese_day(due)) for name, due in owed_for(partner, year)
    )
    return Letter(
        greeting=partner.name,
        opening=f"现将 {year} 年度需要您单位填报的 {len(rows)} 项台账的空白表发给您，请按期填写报送。",
        parts=(Part("需要填报的台账", (), ("台账", "每行填什么", "截止日期"), rows), Part("怎样填报", _HOW)),
        signature=("双高办（系统自动发送）",),
    )


def parcel_mail(partner: Partner, year: int, contracts: Mapping[str, Contract], parcel: Path) -> Mail | None:
    """The mail a parcel goes out with, or None when there is nobody to write to."""
    to = tuple(dict.fromkeys(contact.email for contact in partner.contacts))
    if not to:
        return None
    letter = cover_letter(partner, year, contracts)
    return Mail(to, f"【台账填报】{partner.name}：{year} 年度台账空白表", letter.text, letter.html, (parcel,))


def _add(parcel: zipfile.ZipFile, name: str, content: bytes) -> None:
    # A fixed date: the same parcel is the same file, whenever it is written.
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    parcel.writestr(entry, content)
