"""Text files as partners save them: encodings, delimiters, quotes; read whole and exactly, or refused with what is wrong."""

from __future__ import annotations

import pytest

from tasks.intake.grid import FileRefusedError, Limits
from tasks.intake.read_text import read_text

HEADER = "受援单位,实训室名称,使用面积,设备总值,工位数,建成时间"
ROWS = [
    "武威职业学院,护理实训室,120.5,35.2,40,2021.3",
    "和田职业技术学院,汽修实训室,230,128,60,2020.9",
    "威县职业技术教育中心,电商实训室,88,16.75,32,2021.6",
]
LEDGER = "\n".join(["2021年实训室建设情况一览表", HEADER, *ROWS]) + "\n"
TABLE = [line.split(",") for line in LEDGER.splitlines()]
TABLE[0] += [""] * 5
TRADITIONAL = "受援單位,實訓室名稱,使用面積,設備總值\n威縣職業技術教育中心,電商實訓室,護理專業,教師學歷\n"
GBK, UTF8 = LEDGER.encode("gb18030"), LEDGER.encode()


def _rows(content: bytes) -> list[list[object]]:
    return [list(row) for row in read_text(content).rows]


def _refusal(content: bytes) -> tuple[str, str]:
    with pytest.raises(FileRefusedError) as refused:
        read_text(content)
    finding = refused.value.finding
    assert all((finding.message, finding.expected, finding.fix))
    return finding.rule_id, finding.message


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(UTF8, id="utf-8"),
        pytest.param(b"\xef\xbb\xbf" + UTF8, id="utf-8 with mark"),
        pytest.param(GBK, id="gbk"),
        pytest.param("\ufeff".encode("gb18030") + GBK, id="gb18030 with mark"),
        pytest.param(LEDGER.encode("utf-16"), id="utf-16"),
        pytest.param(b"\xfe\xff" + LEDGER.encode("utf-16-be"), id="utf-16 big end first"),
        pytest.param(LEDGER.encode("utf-16-le"), id="utf-16 without mark"),
        pytest.param(LEDGER.encode("utf-16-be"), id="utf-16 big end first without mark"),
        pytest.param(LEDGER.replace("\n", "\r\n").encode("gb18030"), id="line ends of Windows"),
        pytest.param(LEDGER.replace("\n", "\r").encode("gb18030"), id="line ends of the old Macintosh"),
        pytest.param(LEDGER.rstrip().encode(), id="no last line end"),
        pytest.param(GBK + b"\x1a", id="Ctrl-Z at the end"),
        pytest.param(("sep=,\r\n" + LEDGER).encode("utf-8-sig"), id="sep line"),
        pytest.param(LEDGER.replace(",", ";").encode(), id="semicolons"),
        pytest.param(("sep=;\n" + LEDGER.replace(",", ";")).encode("gb18030"), id="sep line of semicolons"),
        pytest.param(LEDGER.replace(",", "\t").encode("utf-16"), id="unicode text of Excel"),
        pytest.param(LEDGER.replace(",", "|").encode(), id="bars"),
        pytest.param(LEDGER.replace(",", "，").encode("gb18030"), id="full-width commas"),
        pytest.param("\n".join(f'"{line}"'.replace(",", '","') for line in LEDGER.splitlines()).encode(), id="quoted"),
        pytest.param("\n".join(f'"{line}"'.replace(",", '", "') for line in LEDGER.splitlines()).encode(), id="spaced"),
        pytest.param(LEDGER.replace("\n", ",,,\n").encode(), id="blank columns behind"),
    ],
)
def test_a_ledger_reads_the_same_however_it_was_saved(content: bytes) -> None:
    assert _rows(content) == TABLE


def test_every_common_character_survives_every_encoding() -> None:
    text = "，".join(chr(code) for code in range(0x4E00, 0x9FA6))
    lines = [f"{HEADER},{text[start : start + 40]}" for start in range(0, 4000, 40)]
    for encoding in ("utf-8", "utf-16"):
        rows = _rows("\n".join(lines).encode(encoding))
        assert ["".join(map(str, row[6:])) for row in rows] == [line.split(",")[6] for line in lines]


LATIN = LEDGER.encode("gbk").decode("latin-1").encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(UTF8.replace("护理".encode(), "\ufffd\ufffd理".encode()), "第 3 行有乱码“�”", id="replacement"),
        pytest.param(LATIN, "汉字成了乱码", id="gbk read as latin-1, saved as utf-8"),
        pytest.param(UTF8.decode("cp1252", "replace").replace("\ufffd", "?").encode(), "乱码", id="utf-8 as cp1252"),
        pytest.param(UTF8.decode("gbk", "ignore").encode(), "汉字成了乱码", id="utf-8 read as gbk, saved as utf-8"),
        pytest.param((LEDGER + "锟斤拷锟斤拷,甲,1,2,3,4\n").encode("gbk"), "锟斤拷", id="replacement read as gbk"),
        pytest.param(LEDGER.encode("ascii", "replace"), "汉字都成了问号", id="question marks"),
        pytest.param(TRADITIONAL.encode("big5"), "Big5", id="big5"),
        pytest.param((TRADITIONAL * 30).encode("big5"), "Big5", id="big5, longer"),
        pytest.param("学校,氏名\n研修クラス,テーブル\n".encode("shift_jis"), "编码", id="shift-jis"),
        pytest.param("Таблица;Отчёт;Учитель\nПривет;мир;школа\n".encode("cp1251"), "编码", id="cp1251"),
        pytest.param(UTF8 + GBK, "从第 6 行起编码不一致", id="utf-8, then gbk"),
        pytest.param(GBK + UTF8, "从第 1 行起编码不一致", id="gbk, then utf-8"),
        pytest.param(b"\xef\xbb\xbf" + GBK, "标明是 UTF-8 编码，但第 1 行不是", id="mark of utf-8 before gbk"),
        pytest.param(b"\xff\xfe" + LEDGER.encode("utf-16-le")[:-1], "标明是 UTF-16", id="utf-16 cut"),
        pytest.param(LEDGER.encode()[: LEDGER.encode().index("电商".encode()) + 2], "文件末尾不完整", id="utf-8 cut"),
        pytest.param(UTF8.replace(b"120.5", b"12\x00.5"), "第 3 行夹有空字节", id="a NUL"),
        pytest.param(UTF8 + bytes(4096), "空字节", id="pages of NUL behind"),
        pytest.param(GBK[:100] + bytes(4096) + GBK[100:], "空字节", id="pages of NUL between"),
        pytest.param(UTF8.replace(b"120.5", b"12\x02.5"), "第 3 行夹有控制字符", id="a control character"),
    ],
)
def test_damaged_characters_are_said_never_taken(content: bytes, said: str) -> None:
    rule, message = _refusal(content)
    assert rule == "file.encoding_damaged"
    assert said in message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("名称,备注\n甲,见附件————“待定”……\n乙,‘暂缓’——\n", id="dashes and quotation marks"),
        pytest.param("名称,备注\nÉcole Supérieure,café\n中法学院,Université\n", id="accents"),
        pytest.param("名称,备注\nStraße Größe,öäüß\n", id="umlauts"),
        pytest.param("名称,备注\n张喆,璇玑\n李鋆,涓滴\n", id="rare characters of names"),
        pytest.param(TRADITIONAL, id="traditional characters in utf-8"),
        pytest.param("姓名,是否参加\na,?\nb,??\nc,是\n", id="a few question marks"),
        pytest.param("项目,数值\n温度,±5℃\n规格,3×4㎡\n", id="signs"),
        pytest.param("名称\n😀🎓\n𠮷野\n", id="beyond the first plane"),
    ],
)
def test_unusual_but_sound_characters_are_no_damage(text: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        assert _rows(text.encode(encoding)) == [line.split(",") for line in text.splitlines()]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param('a,b\n"1,5",2\n', [["a", "b"], ["1,5", "2"]], id="a delimiter in quotes"),
        pytest.param('a,b\n"两\n行",2\n3,4\n', [["a", "b"], ["两\n行", "2"], ["3", "4"]], id="a line break in quotes"),
        pytest.param("a,b\n\n3,4\n", [["a", "b"], ["", ""], ["3", "4"]], id="a blank line counts"),
        pytest.param('a,b\n"说""好""",2\n', [["a", "b"], ['说"好"', "2"]], id="doubled quotes"),
        pytest.param(
            'a,b\n"重点"项目,2\n', [["a", "b"], ["重点项目", "2"]], id="quotes around a word, as Excel reads it"
        ),
        pytest.param('a,b\n5" 管,2\n', [["a", "b"], ['5" 管', "2"]], id="an inch mark"),
        pytest.param('a,b\n="00123",2\n', [["a", "b"], ["00123", "2"]], id="wrapped text"),
        pytest.param('a,b\n"=""001""",\'002\n', [["a", "b"], ["001", "002"]], id="wrapped in quotes, apostrophe"),
        pytest.param(
            "a,b\n120101199001010000123,1E5\n", [["a", "b"], ["120101199001010000123", "1E5"]], id="long number"
        ),
        pytest.param("甲,乙,丙\n1\n2,3\n", [["甲", "乙", "丙"], ["1", "", ""], ["2", "3", ""]], id="short rows"),
        pytest.param("a;b\n1,5;2,5\n3,5;4,5\n", [["a", "b"], ["1,5", "2,5"], ["3,5", "4,5"]], id="decimal commas"),
        pytest.param(
            "a\tb\tc\n1,2,3,4,5\tx\ty\n1,2,3,4,5\tx\tz\n",
            [["a", "b", "c"], ["1,2,3,4,5", "x", "y"], ["1,2,3,4,5", "x", "z"]],
            id="tabs beat commas",
        ),
    ],
)
def test_cells_and_rows_are_those_a_spreadsheet_shows(text: str, rows: list[list[str]]) -> None:
    assert _rows(text.encode()) == rows


def test_the_delimiter_is_told_by_the_whole_file_not_its_beginning() -> None:
    notes = [f"说明{number};请按模板填写;谢谢" for number in range(3000)]
    rows = [f"甲{number},乙,丙,丁,戊,己,庚" for number in range(3000)]
    grid = read_text("\n".join([*notes, *rows]).encode("gb18030"))
    assert (grid.width, grid.rows[3000]) == (7, ["甲0", "乙", "丙", "丁", "戊", "己", "庚"])


def test_an_encoding_is_told_by_the_whole_file_not_its_beginning() -> None:
    lines = ["a,b"] * 200_000
    assert read_text("\n".join([*lines, "受援单位,实训室"]).encode("gb18030")).rows[-1] == ["受援单位", "实训室"]


def test_formulas_are_no_values() -> None:
    grid = read_text("甲,乙\n=SUM(A1:A3),=1+1\n=====,-3\n".encode())
    assert [list(row) for row in grid.rows] == [["甲", "乙"], ["", ""], ["=====", "-3"]]
    assert grid.marks == {(2, 1): "formula_without_value", (2, 2): "formula_without_value"}


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        pytest.param(LEDGER.replace("护理", '"护理'), "file.quotes_open", "第 3 行", id="never closed"),
        pytest.param(
            LEDGER.replace("护理", '"护理').replace("电商", '"电商'), "file.quotes_open", "第 3 行", id="two open"
        ),
        pytest.param(
            LEDGER.replace("护理", '"护理').replace(",16.75", '",16.75'),
            "file.quotes_open",
            "第 3 行",
            id="one swallow",
        ),
        pytest.param(LEDGER.replace("电商", '"电商'), "file.quotes_open", "第 5 行", id="open in the last row"),
        pytest.param(LEDGER.replace("汽修", "汽修,维修"), "file.shifted_rows", "第 4 行", id="a bare comma"),
        pytest.param(
            'a,b\n1,"' + "很长" * 100_000 + '"\n',
            "file.cell_too_long",
            "第 2 行有一个单元格写了 200000 个字",
            id="a huge cell",
        ),
        pytest.param("a,b\n1," + "很长" * 100_000 + "\n", "file.cell_too_long", "第 2 行", id="a huge bare cell"),
        pytest.param('a,b\n1,"' + "很,长\n" * 100_000, "file.quotes_open", "第 2 行起的引号", id="a huge rest"),
    ],
)
def test_quotes_and_commas_that_move_cells_are_refused(text: str, rule: str, said: str) -> None:
    got, message = _refusal(text.encode())
    assert got == rule
    assert said in message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n" * 5000, id="only line ends"),
        pytest.param("甲" + "," * 5000, id="only commas"),
        pytest.param("甲\n" * 300 + ",".join("乙" * 300) + "\n", id="one wide row below many"),
    ],
)
def test_a_table_that_unfolds_too_far_is_refused(text: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_text(text.encode(), Limits(cells=1000))
    assert refused.value.finding.rule_id == "file.far_cell"
