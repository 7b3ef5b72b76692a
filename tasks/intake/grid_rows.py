"""Intake, recognising: which rows under a header are data, and which are blanks, totals, footers or the header again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from tasks.intake.grid import Cell, Grid
from tasks.intake.headers import header_key

_DOUBTFUL_TOTALS = frozenset({"累计", "平均", "平均值"})
TOTAL_LABELS = frozenset(
    {"小计", "合计", "总计", "共计", "累计", "总合计", "本页小计", "本页合计", "本年合计", "平均", "平均值"}
)
_FOOTER = re.compile(
    r"^(填表|填报|制表|审核|复核|审批|单位负责|部门负责|负责|分管领导|校领导|主管|经办|联系|报送|签字|盖章|公章|单位名称|单位|日期)"
    r"(人|领导|电话|日期|时间|单位|部门|人员|（.*?）|\(.*?\))*[:：]"
    r"|^(说明|注|备注|附注|注意|填表说明|填报说明|注释)\d*[:：.、]"
    r"|^[—\-=*\s]*(数据结束|以下空白|以下无正文|本页以下空白|完|end)[—\-=*\s]*$",
    re.IGNORECASE,
)
_CAPTION = re.compile(r"^[（(]?[一二三四五六七八九十]+[)）、.．]\s*\S")
_EXAMPLES = frozenset({"例", "示例", "样例", "填写示例", "填表示例"})


@dataclass(slots=True)
class _RowFilter:
    """Judges the rows of one table by their first filled cell; what it says of a text is kept, as texts recur."""

    header: Sequence[Cell]
    depth: int
    titles: frozenset[str]
    captions: frozenset[int]
    verdicts: dict[str, str] = field(default_factory=dict)
    is_after_footer: bool = False
    to_skip: int = 0

    def is_data(self, number: int, row: Sequence[Cell]) -> bool:
        """Whether row `number` (from 1) holds a record."""
        first = row[0] or next((cell for cell in row if cell), None)
        if type(first) in (int, float) and not self.to_skip:
            return True
        if self.to_skip:
            self.to_skip -= 1
            return False
        return any(cell not in ("", None) for cell in row) if first is None else self._is_data(number, row, first)

    def _is_data(self, number: int, row: Sequence[Cell], first: Cell) -> bool:
        if not isinstance(first, str):
            return True
        if not first.strip():
            return any(not isinstance(cell, str) or cell.strip() for cell in row)
        verdict = self.verdicts.get(first)
        if verdict is None:
            verdict = self.verdicts[first] = _verdict(first)
        if verdict == "footer":
            self.is_after_footer = True
        if verdict in ("total", "footer", "example") or number in self.captions:
            return False
        return not self._is_caption(row, first) and not self._is_header(row, first)

    def _is_caption(self, row: Sequence[Cell], first: str) -> bool:
        if sum(cell != "" for cell in row) > 1:
            return False
        return self.is_after_footer or header_key(first) in self.titles or _CAPTION.match(first.strip()) is not None

    def _is_header(self, row: Sequence[Cell], first: str) -> bool:
        if first not in self.header and header_key(first) not in map(_cell_key, self.header):
            return False
        keys = {_cell_key(cell) for cell in self.header} - {""}
        again = sum(_cell_key(cell) in keys for cell in row if cell != "")
        if again < 0.6 * len(keys):
            return False
        self.to_skip = self.depth - 1
        return True


def find_data_rows(grid: Grid, first: int, last: int, titles: Sequence[str], end: int | None = None) -> list[int]:
    """Row numbers (from 1) of the records under the header in rows `first`-`last`.

    Args:
        grid: the sheet.
        first: first header row, from 1.
        last: last header row.
        titles: texts above the header; a page break may repeat them.
        end: the last row that can belong to the table, or None for the end of the sheet.
    """
    keep = _RowFilter(
        header=grid.rows[first - 1],
        depth=last - first + 1,
        titles=frozenset(map(header_key, titles)),
        captions=_wide_merges(grid),
    )
    return [
        number
        for number, row in enumerate(grid.rows[last:end], last + 1)
        # A number in front, as in nearly every row, is told here: a call for each would cost more.
        if (type(row[0]) is float and row[0] and not keep.to_skip) or keep.is_data(number, row)
    ]


def may_label_total(text: str) -> bool:
    """Whether a text, or any in a longer one, can be the label of a sum: each holds one of two characters."""
    return "计" in text or "均" in text


def is_total_label(text: str) -> bool:
    """Whether a cell says that its row is a sum: 合 计, 小计：."""
    return may_label_total(text) and _plain(text) in TOTAL_LABELS


def is_doubtful_total_label(text: str) -> bool:
    """Whether a total label is also a word of records (a time basis, a kind of value)."""
    return is_total_label(text) and _plain(text) in _DOUBTFUL_TOTALS


def _verdict(text: str) -> str:
    plain = _plain(text)
    if plain in TOTAL_LABELS:
        return "total"
    if plain in _EXAMPLES:
        return "example"
    return "footer" if _FOOTER.match(re.sub(r"[ \t\u3000\xa0]", "", text.strip())) else "data"


def _plain(text: str) -> str:
    return re.sub(r"[\s:：()（）]", "", unicodedata.normalize("NFKC", text))


def _cell_key(cell: Cell) -> str:
    return header_key(cell) if isinstance(cell, str) else ""


def _wide_merges(grid: Grid) -> frozenset[int]:
    """Rows one merged cell crosses for more than half of the sheet: captions, not records."""
    if grid.width < 4:
        return frozenset()
    wide = (box for box in grid.merges or () if box[0] == box[2] and 2 * (box[3] - box[1] + 1) > grid.width)
    return frozenset(box[0] for box in wide)
