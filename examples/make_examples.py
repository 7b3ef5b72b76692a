"""Make the example inboxes: ``python -m examples.make_examples`` writes examples/inboxes and the table of examples/README.md.

Byte for byte the same on every machine, except .xls, .ods and the encrypted workbook: those carry the time or a random salt,
so one already there is left alone. ``--again`` makes them anew (needs LibreOffice).
"""

from __future__ import annotations

import sys
from pathlib import Path

from examples.books import Book, load_books
from examples.files import write_book

HERE = Path(__file__).parent
KEPT = {"xls", "ods", "encrypted"}
START, END = "<!-- table: written by make_examples.py -->", "<!-- end of table -->"
FATES = {
    "in_force": "有效 in force",
    "refused": "退回 refused",
    "unreadable": "不能读 unreadable",
    "unrecognised": "认不出 unrecognised",
}


def make_inboxes(folder: Path, books: list[Book], *, again: bool = False) -> None:
    """Write every workbook below `folder`, and remove files that no book names any more."""
    wanted = {folder / book.path for book in books}
    for path in folder.rglob("*"):
        if path.is_file() and path not in wanted:
            path.unlink()
    for book in books:
        path = folder / book.path
        if again and book.form in KEPT:
            path.unlink(missing_ok=True)
        write_book(path, [page.sheet for page in book.pages], book.form)
        print(book.path)


def table(books: list[Book]) -> str:
    """The Markdown table of the README: file, what is odd about it, what should happen."""
    lines = ["| 第几晚 | 单位 | 文件 | 有什么特别 | 应当怎样 | 结果 |", "|---|---|---|---|---|---|"]
    for book in books:
        cells = (str(book.night), book.partner, book.file, book.odd, book.happens, FATES[book.fate])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_table(readme: Path, books: list[Book]) -> None:
    """Put the table between its two marks in the README."""
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{START}\n{table(books)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    every_book = load_books()
    make_inboxes(HERE / "inboxes", every_book, again="--again" in sys.argv)
    write_table(HERE / "README.md", every_book)
