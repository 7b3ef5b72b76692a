"""Intake, conforming: cells as text: verbatim, tidied, names of persons, codes, and the words that mean nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time

from schemas.cells import CompactCells, ConformedCell
from tasks.intake.cell_damage import SOUND_CHINESE, code_damage, text_damage, with_garbled
from tasks.intake.grid import Cell

_NOTHING_STARTS = frozenset("无没暂空未不nNｎＮ-－—–―‐‑−ー/／\\＼、.．")
_NOTHING_EDGES = _NOTHING_STARTS | {"", *(chr(code) for code in range(0x3001) if chr(code).isspace())}
_NOTHING = frozenset(
    {"", "无", "没有", "暂无", "空", "-", "--", "---", "/", "//", "\\", "、", ".", "n/a", "无此项", "不适用", "未填"}
)
_DASHES = str.maketrans(dict.fromkeys("－—–―‐‑−ー", "-"))
_ERRORS = re.compile(
    r"#(REF|N/A|VALUE|DIV/0|NAME|NUM|NULL|SPILL|CALC|GETTING_DATA|FIELD|BLOCKED|CONNECT)[!?]?|Err:\d{3}", re.IGNORECASE
)
_CJK = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’·"
_INNER_SPACE = re.compile(rf"(?<=[{_CJK}])[ \t\xa0\u3000]+(?=[{_CJK}0-9])|(?<=[0-9])[ \t\xa0\u3000]+(?=[{_CJK}])")
_LONGEST_NOTHING = 4
_PLAIN = re.compile(rf"[!-\"$-*,-9;->@-~{SOUND_CHINESE}（）、，。：；“”《》·—]*")
"""Text to keep as it stands, as nearly all text is: nothing to tidy, no sign of an error value, of a number cut short (+) or of
a wrong encoding (?)."""

_SPACES = re.compile(r"[ \t\xa0\u3000\u2000-\u200b\ufeff]+")
_BREAKS = re.compile(r"[ \t\xa0\u3000]*(?:\r\n|\r|\n|\x0b|\x0c|_x000[dD]_)+[ \t\xa0\u3000]*")
# Full-width digits and letters become plain; full-width punctuation is good Chinese and stays.
_PLAIN_ALNUM = str.maketrans(
    {code: chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
)
_NAME_MARKS = re.compile(r"[、,，;；/\n|]+")
_ENUMERATOR = re.compile(r"(?<![\w.])\d{1,2}[.、)](?=[^\W\d])")
_ROLE = re.compile(
    r"[(（](?:指导|带队)?(?:教师|老师|学生|学员|主讲|主持|助教|组长|队长|副组长|负责人|领队|带队|专家|讲师|教授|副教授|女|男)[)）]"
)
_AND_OTHERS = re.compile(r"\s+(?=等)")
_ONE_WORD = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]+")
_LATIN_NAME = re.compile(r"[A-Za-z.'-]+")


def raw_text(cell: Cell) -> str:
    """The cell as its verbatim text: 51.0 → 51, dates in ISO form."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        # Up to the length of an ID number in digits, by which what is personal is known and masked.
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e19 else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)


def folded(text: str) -> str:
    """The text without width, case and space: for comparing, not for keeping."""
    return "".join(unicodedata.normalize("NFKC", text).lower().translate(_DASHES).split())


def is_nothing(text: str) -> bool:
    """Whether a clerk wrote "nothing" in one of their ways: 无, －, —, /, a blank."""
    text = text.strip()
    return not text or (text[0] in _NOTHING_STARTS and folded(text) in _NOTHING)


def may_be_nothing(text: str) -> bool:
    """Whether `is_nothing` need be asked; nearly all texts are told by their first character."""
    return text[:1] in _NOTHING_EDGES


def error_in(text: str) -> bool:
    """Whether the text is a spreadsheet's error value: #REF!, #N/A, Err:508."""
    return text[:1] in "#E＃" and _ERRORS.fullmatch(text.strip().replace("＃", "#")) is not None


def tidy_text(text: str, keeps_breaks: bool = False) -> str:
    """The text to keep: outer and inner stray spaces gone, full-width digits plain, punctuation as written."""
    text = _BREAKS.sub("\n" if keeps_breaks else " ", text.translate(_PLAIN_ALNUM))
    return _SPACES.sub(" ", _INNER_SPACE.sub("", text)).strip()


def read_text_cells(cells: Sequence[Cell], keeps_breaks: bool) -> Sequence[ConformedCell]:
    """Distinct cells of a column of free text."""
    texts = [cell if type(cell) is str else "" for cell in cells]
    short = [position for position, text in enumerate(texts) if len(text) <= _LONGEST_NOTHING]
    is_plain = _PLAIN.fullmatch("".join(texts)) is not None
    if not is_plain:
        short += [position for position, text in enumerate(texts) if not _PLAIN.fullmatch(text)]
    found = CompactCells(texts, texts, {})
    if short:
        found = found.replacing({position: _text_cell(cells[position], keeps_breaks) for position in short})
    return found if is_plain else with_garbled(cells, found)


def _text_cell(cell: Cell, keeps_breaks: bool) -> ConformedCell:
    raw = raw_text(cell)
    if error_in(raw):
        return ConformedCell(raw, problem="error_cell")
    damage = text_damage(cell, raw)
    if damage:
        return ConformedCell(raw, problem=damage)
    return ConformedCell(raw, None if is_nothing(raw) else tidy_text(raw, keeps_breaks))


def read_person_cell(cell: Cell) -> ConformedCell:
    """One or several names, joined by 、: a space inside a short name is spacing, between names it separates."""
    raw = raw_text(cell)
    if error_in(raw):
        return ConformedCell(raw, problem="error_cell")
    if is_nothing(raw):
        return ConformedCell(raw)
    if _ONE_WORD.fullmatch(raw):
        return ConformedCell(raw, raw)
    text = _SPACES.sub(" ", _ROLE.sub("", raw).replace("\r", "\n")).strip()
    text = _AND_OTHERS.sub("", _ENUMERATOR.sub("\n", text))
    names = [name for part in _NAME_MARKS.split(text) for name in _spaced_names(part.split())]
    return ConformedCell(raw, "、".join(names) or None)


def read_code_cell(cell: Cell, pattern: str | None = None) -> ConformedCell:
    """A code as text; one that a spreadsheet has damaged (cut, scientific notation, lost zeros) is a problem.

    Args:
        cell: the decoded cell.
        pattern: the form the contract gives the column's codes, by which a lost zero is known.
    """
    raw = raw_text(cell)
    if error_in(raw):
        return ConformedCell(raw, problem="error_cell")
    if is_nothing(raw):
        return ConformedCell(raw)
    code = folded(raw).upper().lstrip("'`")
    damage = code_damage(cell, code, pattern)
    if damage:
        return ConformedCell(raw, problem=damage)
    if isinstance(cell, (date, time, bool)) or (isinstance(cell, float) and not cell.is_integer()):
        return ConformedCell(raw, problem="bad_code")
    return ConformedCell(raw, code)


def hashed_cell(cell: Cell, hash_key: bytes) -> ConformedCell:
    """A code of which only a keyed hash (HMAC-SHA-256, hex) travels on: neither value nor verbatim text is clear."""
    clear = read_code_cell(cell)
    if clear.problem or clear.value is None:
        return ConformedCell("***" if clear.problem else "", problem=clear.problem)
    digest = hmac.new(hash_key, str(clear.value).encode(), hashlib.sha256).hexdigest()
    return ConformedCell("***", digest)


def _spaced_names(words: list[str]) -> list[str]:
    # 张　伟 is one name written wide; 张伟 李芳 are two; a Latin name keeps its spaces.
    if len(words) > 1 and all(len(word) == 1 for word in words):
        return ["".join(words)]
    if len(words) > 1 and all(map(_LATIN_NAME.fullmatch, words)):
        return [" ".join(words)]
    return words
