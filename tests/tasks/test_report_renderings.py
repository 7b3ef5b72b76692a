"""The four renderings: the same figures read back from each, the same bytes twice, and hostile text that stays text."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pypdf
import pytest
from docx import Document

from tasks.report.model import (
    Bullets,
    Cell,
    Chart,
    ChartPoint,
    Evidence,
    Highlight,
    Highlights,
    Paragraph,
    Ratio,
    ReportModel,
    Row,
    Run,
    Section,
    Source,
    Table,
    Total,
    captions_of,
    tables_of,
)
from tasks.report.model_grid import check_grid, placed_cells
from tasks.report.render_docx import render_docx
from tasks.report.render_html import render_html
from tasks.report.render_pdf import render_pdf
from tasks.report.render_xlsx import render_xlsx

HOSTILE = '</td><script>alert(1)</script> #let x = 1 $y$ *z* \\ ]] =HYPERLINK("http://x") {{7*7}}\x0b'
RENDERINGS: dict[str, Callable[[ReportModel, Path], None]] = {
    "docx": render_docx, "pdf": render_pdf, "xlsx": render_xlsx, "html": render_html,
}  # fmt: skip


def _number(value: str, **more: object) -> Cell:
    return Cell(f"{Decimal(value):,}", Decimal(value), align="right", **more)  # type: ignore[arg-type]


def _heads(*texts: str) -> Row:
    return tuple(Cell(text) for text in texts)


def build_model(name: str = "和田职业技术学院") -> ReportModel:
    """A small report with everything in it: spans, formulas, approximate figures, charts, a wide table, evidence."""
    indicators = Table(
        "indicators", "绩效指标完成情况", (5, 5, 12, 6, 8, 6),
        (_heads("一级指标", "二级指标", "三级指标（单位）", "目标值", "完成值", "完成率"),),
        (
            (Cell("产出指标", row_span=2), Cell("数量指标", row_span=2), Cell(name), Cell("≥500"),
             Cell("1,980（其中约700为约数）", Decimal(1980), '"约"#,##0', figure_id="2021/trained"), Cell("396%", Decimal("3.96"), "0.##%")),
            (Cell("援疆干部（人）"), Cell("未设定"), Cell("尚未到期", tone="muted"), Cell("—")),
        ),
        "注：分值留空。",
    )  # fmt: skip
    funds = Table(
        "funds", "资金", (8, 6, 6, 6), (_heads("资金来源", "预算", "到位", "到位率"),),
        (
            (Cell("中央"), _number("4412.50"), _number("4400.00"), Cell("99.72%", Decimal("0.9972"), "0.##%", Ratio(2, 1))),
            (Cell("地方"), _number("587.50"), _number("600.00"), Cell("102.13%", Decimal("1.0213"), "0.##%", Ratio(2, 1))),
            (Cell("合计", is_bold=True), _number("5000.00", formula=Total((0, 1))),
             _number("5000.00", formula=Total((0, 1))), Cell("100%", Decimal(1), "0.##%", Ratio(2, 1))),
        ),
    )  # fmt: skip
    matrix = Table(
        "matrix", "报送情况", (8, 5, 5, 5), ((Cell("单位", row_span=2), Cell("台账", column_span=3)), _heads("2019", "2020", "2021")),
        ((Cell(name), Cell("按时"), Cell("迟报"), Cell("未报")),), is_wide=True,
    )  # fmt: skip
    proof = Table(
        "evidence", "数据来源", (8, 8), (_heads("数据项", "数值"),),
        ((Cell("培训人次", figure_id="2021/trained", is_anchor=True), Cell("1,980")),), is_wide=True,
    )  # fmt: skip
    chart = Chart(
        "chart", "分年度", "columns", "人次",
        (ChartPoint("2021年", "目标", Decimal(500), "≥500"), ChartPoint("2021年", "完成", Decimal(1980), "约1,980"),
         ChartPoint("2022年", "目标", Decimal(500), "500"), ChartPoint("2022年", "完成", None, "尚未到期")),
    )  # fmt: skip
    bars = Chart(
        "bars",
        "各单位",
        "bars",
        "人次",
        (ChartPoint(name, "人次", Decimal(640), "640"), ChartPoint("威县", "人次", Decimal(180), "180")),
    )
    tiles = Highlights(
        (
            Highlight("累计对口帮扶学校", "22", "所", "2021/trained"),
            Highlight("培训", "10,115（其中约1,000为约数）", "人次", None, name),
        )
    )
    summary = Section(
        "summary", "成效要点",
        (Paragraph((Run("累计"), Run("10,115人次", "2021/trained", is_bold=True), Run(name))), tiles, Bullets(((Run("要点"), Run("82人次")),))),
    )  # fmt: skip
    evidence = Evidence(
        "2021/trained", name, "1,980", "口径", "2021年", 12, (Source(name, "师资.xlsx", "Sheet1", "人次", "3–5"),)
    )
    return ReportModel(
        "天津职业大学", "“双高计划”建设2021年度绩效自评报告", 2021, date(2021, 12, 31), datetime(2022, 1, 10, 2, tzinfo=UTC),
        summary,
        (Section("goals", "一、绩效目标", (Paragraph((Run("（责任部门尚未提交文字材料）"),), "note"), chart, bars),
                 (Section("a", "（一）学校", (indicators,)),)),
         Section("funds-part", "三、资金", (funds,))),
        (Section("annex-1", "附件1　报送", (matrix,)), Section("annex-2", "附件2　来源", (proof,))),
        (evidence,),
    )  # fmt: skip


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    paths = {kind: folder / f"report.{kind}" for kind in RENDERINGS}
    for kind, render in RENDERINGS.items():
        render(build_model(), paths[kind])
    return paths


def _grid(table: Table) -> list[list[str]]:
    """Body texts on the full grid; a covered place repeats its cell."""
    grid = [[""] * len(table.widths) for _ in table.body]
    for placed in placed_cells(table.body):
        for row in range(placed.row, placed.row + placed.cell.row_span):
            for column in range(placed.column, placed.column + placed.cell.column_span):
                grid[row][column] = placed.cell.text
    return grid


def test_docx_holds_every_cell_of_every_table(rendered: dict[str, Path]) -> None:
    found = [
        [[cell.text for cell in row.cells] for row in table.rows] for table in Document(str(rendered["docx"])).tables
    ]
    expected = [_grid(table) for table in tables_of(build_model())]
    assert [
        rows[len(table.header) :] for rows, table in zip(found[1:], tables_of(build_model()), strict=True)
    ] == expected


def test_docx_has_styles_captions_and_lying_pages(rendered: dict[str, Path]) -> None:
    document = Document(str(rendered["docx"]))
    headings = [p.text for p in document.paragraphs if p.style and p.style.name == "Heading 1"]
    assert headings == ["成效要点", "一、绩效目标", "三、资金", "附件1　报送", "附件2　来源"]
    assert [section.orientation for section in document.sections] == [0, 1]
    fields = re.findall(r'w:instr="SEQ (.)', document.element.xml)
    assert fields == ["图", "图", "表", "表", "表", "表"]
    assert "TOC" in document.element.xml
    with zipfile.ZipFile(rendered["docx"]) as parts:
        assert 'w:eastAsia="黑体"' in parts.read("word/styles.xml").decode()
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_docx_keeps_a_short_table_whole_with_the_text_that_leads_to_it(tmp_path: Path) -> None:
    model = build_model()
    lead = Paragraph((Run("下表列出资金。"),))
    part = replace(model.sections[1], blocks=(lead, *model.sections[1].blocks))
    render_docx(replace(model, sections=(model.sections[0], part)), tmp_path / "report.docx")
    document = Document(str(tmp_path / "report.docx"))
    assert next(p for p in document.paragraphs if p.text == "下表列出资金。").paragraph_format.keep_with_next
    [funds] = [table for table in document.tables if table.cell(0, 0).text == "资金来源"]
    kept = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in funds.rows]
    assert kept == [True, True, True, None]


def test_xlsx_makes_room_for_a_number_with_words(rendered: dict[str, Path]) -> None:
    sheet = openpyxl.load_workbook(rendered["xlsx"])["表1 绩效指标完成情况"]
    assert sheet.column_dimensions["E"].width > 2 * len("（其中约700为约数）")


def test_xlsx_holds_numbers_as_numbers_and_rates_as_formulas(rendered: dict[str, Path]) -> None:
    values = openpyxl.load_workbook(rendered["xlsx"], data_only=True)
    formulas = openpyxl.load_workbook(rendered["xlsx"])
    assert values.sheetnames[:3] == ["目录", "成效要点", "图表"]
    sheet = values.sheetnames[values.sheetnames.index("表2 资金")]
    rows = [[cell.value for cell in row] for row in formulas[sheet].iter_rows(min_row=4, max_row=6)]
    assert rows == [
        ["中央", 4412.5, 4400, '=IF(N(B4)=0,"",C4/B4)'],
        ["地方", 587.5, 600, '=IF(N(B5)=0,"",C5/B5)'],
        ["合计", "=SUM(B4,B5)", "=SUM(C4,C5)", '=IF(N(B6)=0,"",C6/B6)'],
    ]
    assert [values[sheet].cell(6, column).value for column in (2, 3, 4)] == [5000, 5000, 1]
    first = values["表1 绩效指标完成情况"]
    assert (first["E4"].value, first["E4"].number_format, first["E5"].value) == (1980, '"约"#,##0', "尚未到期")
    assert sorted(map(str, first.merged_cells.ranges)) == ["A4:A5", "B4:B5"]


class _Text(HTMLParser):
    """The words of a page, tags and scripts left out, and the tags seen."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _page(path: Path) -> _Text:
    parser = _Text()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


def _printed(model: ReportModel) -> list[str]:
    cells = [cell.text for table in tables_of(model) for row in (*table.header, *table.body) for cell in row]
    return [*cells, *captions_of(model).values(), "10,115（其中约1,000为约数）", "22", "82人次", "10,115人次"]


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_every_printed_word_is_in_the_page(kind: str, rendered: dict[str, Path]) -> None:
    if kind == "html":
        text = "".join(_page(rendered["html"]).words)
    else:
        text = "".join(page.extract_text() for page in pypdf.PdfReader(rendered["pdf"]).pages)
    squeezed = re.sub(r"\s", "", text)
    missing = [word for word in _printed(build_model()) if re.sub(r"\s", "", word) not in squeezed]
    assert missing == []


def test_pdf_has_an_outline_and_only_our_fonts(rendered: dict[str, Path]) -> None:
    reader = pypdf.PdfReader(rendered["pdf"])
    titles = [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)]
    assert [title for title in titles if title != "目录"] == [
        "成效要点",
        "一、绩效目标",
        "三、资金",
        "附件1　报送",
        "附件2　来源",
    ]
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }  # type: ignore[index]
    assert {font.split("+")[-1].rpartition("-")[0] for font in fonts} == {"NotoSansSC"}


def test_a_figure_leads_to_its_evidence(rendered: dict[str, Path]) -> None:
    page = rendered["html"].read_text(encoding="utf-8")
    assert page.count('data-evidence="evidence-2021/trained"') == 4
    assert page.count('id="evidence-2021/trained"') == 1
    links = [note.get_object() for each in pypdf.PdfReader(rendered["pdf"]).pages for note in each.get("/Annots", [])]
    assert len(links) >= 3


@pytest.mark.parametrize("kind", list(RENDERINGS))
def test_the_same_model_is_the_same_bytes_in_another_process(
    kind: str, rendered: dict[str, Path], tmp_path: Path
) -> None:
    program = (
        "import importlib.util, pathlib, sys\n"
        f"spec = importlib.util.spec_from_file_location('again', {str(Path(__file__))!r})\n"
        "again = importlib.util.module_from_spec(spec); spec.loader.exec_module(again)\n"
        "again.RENDERINGS[sys.argv[1]](again.build_model(), pathlib.Path(sys.argv[2]))\n"
    )
    path = tmp_path / f"again.{kind}"
    subprocess.run([sys.executable, "-c", program, kind, str(path)], check=True, cwd=Path(__file__).parents[2])
    assert path.read_bytes() == rendered[kind].read_bytes()


def test_hostile_text_stays_text_in_html(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    render_html(build_model(HOSTILE), path)
    page = _page(path)
    assert page.tags.count("script") == 1
    assert HOSTILE.strip("\x0b") in "".join(page.words)


def test_hostile_text_stays_text_in_pdf_and_docx(tmp_path: Path) -> None:
    for kind in ("pdf", "docx"):
        RENDERINGS[kind](build_model(HOSTILE), tmp_path / f"report.{kind}")
    pdf = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "report.pdf").pages)
    assert "#letx=1$y$*z*" in re.sub(r"\s", "", pdf)
    words = [cell.text for row in Document(str(tmp_path / "report.docx")).tables[1].rows for cell in row.cells]
    assert HOSTILE.replace("\x0b", "") in words


def test_hostile_text_is_no_formula_in_xlsx(tmp_path: Path) -> None:
    render_xlsx(build_model("=1+1"), tmp_path / "report.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "report.xlsx")["表1 绩效指标完成情况"]["C4"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_character_the_fonts_lack_prints_as_a_gap_mark(tmp_path: Path) -> None:
    render_pdf(build_model("\U00020000镇"), tmp_path / "report.pdf")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "report.pdf").pages)
    assert "〓镇" in text


def test_a_table_with_a_hole_is_refused() -> None:
    table = tables_of(build_model())[0]
    check_grid(table)
    with pytest.raises(ValueError, match="table indicators: the cells do not fill the grid"):
        check_grid(replace(table, body=(table.body[0], table.body[1][:-1])))
