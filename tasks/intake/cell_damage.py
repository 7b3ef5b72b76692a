"""Intake, conforming: what spreadsheet programs and wrong encodings did to a cell, told apart from what its clerk got wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from schemas.cells import ConformedCell
from tasks.intake.grid import Cell

_EXACT_DIGITS = 15
"""Excel keeps fifteen digits of a number; a longer code stored as a number has lost its tail."""
_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?E\+?\d+")
_LONG_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?E\+(1[1-9]|[2-9]\d|\d{3})")
"""A spreadsheet writes numbers of twelve digits and more so; 1E+5 may be somebody's own word."""
_NUMBER_STARTS = frozenset("+-0123456789 ")
_ID_LENGTH = 18
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_LOST_ZEROS = 3

_UTF8_AS_GBK = "".join(
    {bytes((lead, trail)).decode("gbk", errors="ignore") for lead in range(0xE4, 0xEA) for trail in range(0x80, 0xC0)}
)
"""What the first two bytes of a Chinese character in UTF-8 look like when taken for GBK: 涓 鍙 鏁 …, rare in real texts."""
_CHINESE_RANGE = (0x4E00, 0x9FFF)
_MISREAD = "锟烫屯"
_LATIN = "\x80-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_LATIN_RUN = re.compile(rf"[{_LATIN}]{{4,}}")
_SUSPECT = re.compile(rf"[\ufffd\x80-\x9f]|\?\?\?|锟|烫烫|屯屯|[\xc0-\xff][{_LATIN}]|[{_UTF8_AS_GBK}]")
_LOST = re.compile(r"\ufffd|\?{3}|锟斤|斤拷|烫烫烫|屯屯屯|(?:[ÂÃ][\x80-\xbf]){2}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ENOUGH = 2
"""Chinese characters that must come to light before a text is called misread."""


def _runs_without(characters: Iterable[str], first: int, last: int) -> Iterator[str]:
    """The characters from `first` to `last` but for some, as in a class of a pattern."""
    start = first
    for code in (*sorted(code for code in map(ord, characters) if first <= code <= last), last + 1):
        if code > start:
            yield f"{chr(start)}-{chr(code - 1)}"
        start = code + 1


SOUND_CHINESE = "".join(_runs_without(_UTF8_AS_GBK + _MISREAD, *_CHINESE_RANGE))
"""As in a class of a pattern: Chinese characters that are no sign of a text read in a wrong encoding."""


def code_damage(cell: Cell, code: str, pattern: str | None) -> str | None:
    """What a spreadsheet did to a code, or None: cut_number, scientific, lost_zero.

    Args:
        cell: the decoded cell; a number too long for a spreadsheet is one whose tail is gone.
        code: the same as a code, width and spaces folded.
        pattern: the form of the column's codes, where the contract knows it.
    """
    if _SCIENTIFIC.fullmatch(code):
        return "cut_number" if _is_long_number(cell) else "scientific"
    if _is_long_number(cell) or _is_cut(code):
        return "cut_number"
    return "lost_zero" if pattern and code.isdigit() and _lacks_zeros(code, pattern) else None


def text_damage(cell: Cell, raw: str) -> str | None:
    """What a spreadsheet did to a long number in a column of words (a contract's number, an account): cut_number, scientific."""
    if _is_long_number(cell):
        return "cut_number"
    return "scientific" if raw[:1] in _NUMBER_STARTS and _LONG_SCIENTIFIC.fullmatch(raw.strip().upper()) else None


def _is_long_number(cell: Cell) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) >= 10**_EXACT_DIGITS


def _is_cut(code: str) -> bool:
    """Whether a text ends in the zeros a cut leaves. One ID number in a thousand does so rightly: its check digit fits."""
    if not code.isdigit() or len(code) <= _EXACT_DIGITS or code[_EXACT_DIGITS:].strip("0"):
        return False
    return len(code) != _ID_LENGTH or code[-1] != _check_digit(code)


def _check_digit(code: str) -> str:
    """The last character of an ID number after its first seventeen (GB 11643)."""
    return _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(code, _ID_WEIGHTS, strict=False)) % 11]


def _lacks_zeros(code: str, pattern: str) -> bool:
    fits = re.compile(pattern).fullmatch
    return fits(code) is None and any(fits("0" * count + code) for count in range(1, _LOST_ZEROS + 1))


def is_garbled(text: str) -> bool:
    """Whether a text was read or saved in a wrong encoding: �, 锟斤拷, ???, UTF-8 or GBK taken for one another or for Latin-1."""
    if _LOST.search(text):
        return True
    if any(map(_is_hidden_chinese, _LATIN_RUN.findall(text))):
        return True
    return _reads_as_chinese(text.encode("gbk", errors="replace"), "utf-8")


def suspects(cells: Sequence[Cell]) -> set[Cell]:
    """The cells by any of which a column is looked through for garbled texts."""
    texts = [cell for cell in cells if type(cell) is str]
    joined = "\n".join(texts)
    if (joined.isascii() and "???" not in joined) or _SUSPECT.search(joined) is None:
        return set()
    return {text for text in texts if _SUSPECT.search(text)}


def with_garbled(distinct: Sequence[Cell], cells: Sequence[ConformedCell]) -> Sequence[ConformedCell]:
    """The distinct cells of a column with every garbled one set to that problem."""
    if not suspects(distinct):
        return cells
    return [
        ConformedCell(found.raw, problem="encoding") if isinstance(cell, str) and is_garbled(cell) else found
        for cell, found in zip(distinct, cells, strict=True)
    ]


def _is_hidden_chinese(run: str) -> bool:
    single = b"".join(map(_latin_byte, run))
    return _reads_as_chinese(single, "utf-8") or _reads_as_chinese(single, "gb2312")


def _latin_byte(character: str) -> bytes:
    return character.encode("latin-1") if character <= "\xff" else character.encode("cp1252", errors="replace")


def _reads_as_chinese(content: bytes, encoding: str) -> bool:
    """Whether the bytes hold more Chinese in that encoding than faults."""
    text = content.decode(encoding, errors="replace")
    return len(_CHINESE.findall(text)) >= max(_ENOUGH, 2 * text.count("\ufffd"))
