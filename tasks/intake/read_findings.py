"""Intake, reading: the words for a file or a sheet that cannot be taken as it is (rules of cells live in schemas)."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.personal import mask_personal_numbers
from schemas.values import Finding, Place, Severity, Turn
from tasks.intake.table_texts import TABLE_TEXTS, TABLE_WEIGHTS

# rule → message, expected, what to do. Placeholders are filled from the keyword arguments of `file_finding`.
_TEXTS: dict[str, tuple[str, str, str]] = {
    "file.empty": (
        "文件是空的，没有任何内容",
        "填好内容的 Excel、WPS 表格或 CSV 文件",
        "请打开原文件确认内容已保存，再重新报送",
    ),
    "file.not_a_workbook": (
        "文件不是电子表格，而是{kind}",
        "Excel（xlsx、xls、xlsb）、WPS 或 ODS 表格，或 CSV 文本",
        "请用 Excel 或 WPS 打开，另存为 xlsx 文件后重新报送；不要只改扩展名",
    ),
    "file.winmail": (
        "附件被 Outlook 打包成 winmail.dat，里面的表格取不出来",
        "直接附在邮件上的表格文件",
        "请在 Outlook 中把邮件格式改为“HTML”或“纯文本”（不要用“RTF”）后重新发送，或改用其他邮箱直接附上表格",
    ),
    "file.encrypted": (
        "文件设有打开密码，无法读取",
        "没有打开密码的文件",
        "请在 Excel 或 WPS 中取消打开密码，另存后重新报送",
    ),
    "file.unreadable": (
        "文件已损坏或无法读取：{reason}",
        "能用 Excel 或 WPS 正常打开的文件",
        "请用 Excel 或 WPS 打开检查，另存为新的 xlsx 文件后重新报送",
    ),
    "file.too_large": (
        "文件过大：{reason}",
        "不超过 {limit}",
        "请删除空白行列、图片和无关内容，或按年度分成几个文件后重新报送",
    ),
    "file.encoding_damaged": (
        "文件中的文字编码有问题：{reason}",
        "编码完好的文件：Excel、WPS 表格，或整个文件用同一种编码（UTF-8 或 GBK）的 CSV",
        "请在原来的软件中打开没有乱码的原文件，另存为 xlsx（或“CSV UTF-8”）后重新报送；在已经乱码的文件上另存无法恢复",
    ),
    "file.quotes_open": (
        "第 {row} 行起的引号没有成对，后面的行会被并进同一个单元格",
        "引号成对的 CSV 文件",
        "请用 Excel 或 WPS 打开检查这一行，改好后另存为 xlsx 再报送；手工编辑的 CSV 请补全或删去多余的半角引号",
    ),
    "file.cell_too_long": (
        "第 {row} 行有一个单元格写了 {length} 个字，超出任何表格软件能存的长度",
        "每个单元格不超过 {limit} 个字",
        "请用 Excel 或 WPS 打开检查这一行：长篇文字请改为附件说明，若是几行连成了一格请重新分行，改好后另存为 xlsx 再报送",
    ),
    "file.shifted_rows": (
        "第 {rows} 行比其他行多出单元格，内容可能已经错位",
        "每行 {usual} 个单元格",
        "多半是内容里有半角逗号等分隔符；请用 Excel 或 WPS 打开核对这些行，改好后另存为 xlsx 再报送",
    ),
    "file.far_cell": (
        "工作表远处有多余的内容，整张表展开后有 {rows} 行 × {columns} 列",
        "数据集中在表头下方的连续区域",
        "请按 Ctrl+End 找到最后一个单元格，删除数据以外的行和列，保存后重新报送",
    ),
    "file.saved_as_html": (
        "文件名是表格，内容其实是网页（常见于业务系统导出），已按网页中的表格读取",
        "真正的 Excel 工作簿（xlsx）",
        "本次已读取；下次请先用 Excel 或 WPS 打开，选“另存为”，类型选“Excel 工作簿（*.xlsx）”，再报送",
    ),
    "file.saved_as_xml": (
        "文件是 XML 格式的表格，不是通常的工作簿，已按其中的表格读取",
        "真正的 Excel 工作簿（xlsx）",
        "本次已读取；下次请先用 Excel 或 WPS 打开，选“另存为”，类型选“Excel 工作簿（*.xlsx）”，再报送",
    ),
    "file.saved_as_text": (
        "文件名是工作簿，内容其实是文本（CSV），已按文本表格读取；长数字和以 0 开头的编号可能已被改动",
        "真正的 Excel 工作簿（xlsx），或以 .csv 命名的文本",
        "请核对编号类的列；下次请先用 Excel 或 WPS 打开，选“另存为”，类型选“Excel 工作簿（*.xlsx）”，再报送",
    ),
    "file.old_format": (
        "文件是很旧的 {kind} 格式，已尽量读取",
        "真正的 Excel 工作簿（xlsx）",
        "请核对读取结果；下次请用 Excel 或 WPS 打开，选“另存为”，类型选“Excel 工作簿（*.xlsx）”，再报送",
    ),
    "file.macros_ignored": (
        "文件带有宏；宏没有运行，也没有读取，只读取了单元格中保存的值",
        "不带宏的工作簿（xlsx）",
        "如果数据要靠宏计算，请在 Excel 中算好，另存为不带宏的 xlsx 文件；否则无需处理",
    ),
    "file.links_ignored": (
        "文件中有公式引用其他文件；没有打开那些文件，读取的是上次保存时的计算结果",
        "数据都在本文件之内",
        "请确认引用的结果是最新的；也可以把这些单元格“选择性粘贴”为数值后再报送",
    ),
}
_WEIGHTS = {
    "file.saved_as_html": (Severity.WARNING, Turn.SUBMITTER),
    "file.saved_as_xml": (Severity.WARNING, Turn.SUBMITTER),
    "file.saved_as_text": (Severity.WARNING, Turn.SUBMITTER),
    "file.old_format": (Severity.WARNING, Turn.SUBMITTER),
    "file.macros_ignored": (Severity.INFO, Turn.NOBODY),
    "file.links_ignored": (Severity.INFO, Turn.NOBODY),
}
_EVERY_TEXT = {**_TEXTS, **TABLE_TEXTS}
_EVERY_WEIGHT = {**_WEIGHTS, **TABLE_WEIGHTS}


def file_finding(rule_id: str, place: Place | None = None, *, found: str = "", **words: object) -> Finding:
    """A finding on a file, a sheet or a layout.

    Raises:
        KeyError: no such rule is worded, or a word its text needs is missing.
    """
    severity, turn = _EVERY_WEIGHT.get(rule_id, (Severity.CRITICAL, Turn.SUBMITTER))
    message, expected, fix = (mask_personal_numbers(text.format(**words)) for text in _EVERY_TEXT[rule_id])
    return Finding(rule_id, severity, turn, message, mask_personal_numbers(found), expected, fix, place or Place())


def listed(names: Iterable[str], before: str = "；最接近的有：") -> str:
    """Names joined for a text, or nothing when there are none."""
    joined = "、".join(names)
    return f"{before}{joined}" if joined else ""
