"""Feedback: comments put beside the partner's own in the parts of a package that hold them and draw them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from schemas.chinese import SEVERITY_NAMES
from schemas.values import Finding, column_letter
from tasks.feedback.marked_sheet import Cell, cell_of, with_comments_drawn
from tasks.feedback.package import NotSafeError, Package, attributes, quoted

AUTHOR = "双高办"
BESIDE = "——双高办批注——"
"""Parts what the partner wrote in a comment from what we say below it."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_COMMENT = re.compile(rb"<comment\b[^>]*>.*?</comment>", re.DOTALL)
_AUTHOR = re.compile(rb"<author>(.*?)</author>|<author\s*/>", re.DOTALL)
_SHAPE = re.compile(rb"<v:shape\b(?!type).*?</v:shape>", re.DOTALL)
_SHAPE_ID = re.compile(rb"_x0000_s(\d+)")
_NEW_COMMENTS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<comments xmlns="{_MAIN}"><authors></authors><commentList></commentList></comments>'
)
_NEW_DRAWING = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)


def comment_text(findings: Iterable[Finding]) -> str:
    """What the comment of a cell says: each thing once."""
    texts = (
        f"【{SEVERITY_NAMES[finding.severity]}】{finding.message}\n"
        f"填的是：{finding.found}\n应该是：{finding.expected}\n怎么改：{finding.fix}"
        for finding in findings
    )
    return "\n\n".join(dict.fromkeys(texts))


def write_comments(package: Package, part: str, sheet: bytes, texts: Mapping[Cell, str]) -> bytes:
    """Put comments on cells of the sheet that stands in `part`; those we made before are taken away first.

    Returns:
        The XML of the sheet, referring to the drawing of its comments.

    Raises:
        NotSafeError: the parts that are there are written in a way we do not know.
    """
    known = {relation.kind: relation.target for relation in package.relations(part)}
    if not texts and "comments" not in known:
        return sheet
    comments, drawing = _parts(package, known)
    written, gone, kept = _cleared(package.read(comments, b"comments"))
    beside = {cell: text for cell, text in texts.items() if cell in kept}
    alone = {cell: text for cell, text in texts.items() if cell not in kept}
    package.write(comments, _with_own(_with_beside(written, beside), alone))
    package.write(drawing, _drawn(package.read(drawing), gone, alone))
    if "comments" not in known:
        package.relate(part, "comments", comments)
    if "vmlDrawing" in known:
        return sheet
    return with_comments_drawn(sheet, package.relate(part, "vmlDrawing", drawing))


def _parts(package: Package, known: Mapping[str, str]) -> tuple[str, str]:
    """Names of the parts that hold and draw the comments of a sheet, made when there are none."""
    comments = known.get("comments") or package.new_name("xl/comments{}.xml")
    drawing = known.get("vmlDrawing") or package.new_name("xl/drawings/vmlDrawing{}.vml")
    if comments not in package:
        package.write(comments, _NEW_COMMENTS.encode())
        package.declare(comments, _COMMENTS_TYPE)
    if drawing not in package:
        package.write(drawing, _NEW_DRAWING.encode())
        package.declare(drawing, _DRAWING_TYPE)
    return comments, drawing


def _cleared(content: bytes) -> tuple[bytes, set[Cell], set[Cell]]:
    """The comments without ours, the cells of those that went, and of those that stay."""
    authors = [found.group(1) or b"" for found in _AUTHOR.finditer(content)]
    ours = {str(number) for number, author in enumerate(authors) if author.decode() == AUTHOR}
    gone: set[Cell] = set()
    kept: set[Cell] = set()

    def clear(found: re.Match[bytes]) -> bytes:
        said = attributes(found.group(0)[: found.group(0).index(b">") + 1])
        is_ours = said.get("authorId") in ours
        (gone if is_ours else kept).add(cell_of(said.get("ref", "")))
        return b"" if is_ours else _without_ours(found.group(0))

    return _COMMENT.sub(clear, content), gone, kept


def _without_ours(comment: bytes) -> bytes:
    """What the partner wrote of a comment we had written below."""
    if BESIDE.encode() not in comment:
        return comment
    cut = re.sub(rb"<r>(?:(?!<r>).)*?" + BESIDE.encode() + rb".*(?=</text>)", b"", comment, flags=re.DOTALL)
    return re.sub(rb"\s*" + BESIDE.encode() + rb"[^<]*", b"", cut)


def _with_beside(content: bytes, texts: Mapping[Cell, str]) -> bytes:
    """Our texts below those the partner's own comments have."""

    def add(found: re.Match[bytes]) -> bytes:
        comment = found.group(0)
        text = texts.get(cell_of(attributes(comment[: comment.index(b">") + 1])["ref"]))
        if text is None:
            return comment
        plain = re.sub(rb"<text>\s*(<t\b[^>]*>[^<]*</t>)\s*</text>", rb"<text><r>\1</r></text>", comment)
        return plain.replace(b"</text>", _run(f"\n\n{BESIDE}\n{text}") + b"</text>", 1)

    return _COMMENT.sub(add, content) if texts else content


def _with_own(content: bytes, texts: Mapping[Cell, str]) -> bytes:
    if not texts:
        return content
    content = re.sub(rb"<(authors|commentList)\s*/>", rb"<\1></\1>", content)
    authors = [found.group(1) or b"" for found in _AUTHOR.finditer(content)]
    if AUTHOR.encode() not in authors:
        content = content.replace(b"</authors>", f"<author>{AUTHOR}</author></authors>".encode(), 1)
        authors.append(AUTHOR.encode())
    number = authors.index(AUTHOR.encode())
    if content.count(b"</commentList>") != 1 or content.count(b"</authors>") != 1:
        raise NotSafeError("comments in no list")
    added = b"".join(
        f'<comment ref="{column_letter(column)}{row}" authorId="{number}"><text>'.encode()
        + _run(text)
        + b"</text></comment>"
        for (row, column), text in texts.items()
    )
    return content.replace(b"</commentList>", added + b"</commentList>", 1)


def _run(text: str) -> bytes:
    face = '<rPr><sz val="9"/><rFont val="微软雅黑"/><charset val="134"/></rPr>'
    return f'<r>{face}<t xml:space="preserve">{quoted(ILLEGAL_CHARACTERS_RE.sub("", text))}</t></r>'.encode()


def _drawn(content: bytes, gone: Iterable[Cell], texts: Mapping[Cell, str]) -> bytes:
    removed = set(gone)
    if removed:
        content = _SHAPE.sub(lambda found: b"" if _noted(found.group(0)) in removed else found.group(0), content)
    end = content.rfind(b"</xml>")
    if end < 0 or b"urn:schemas-microsoft-com:office:excel" not in content[:2000]:
        raise NotSafeError("drawing of comments")
    first = max([1024, *map(int, _SHAPE_ID.findall(content))]) + 1
    shapes = (_shape(number, cell, text) for number, (cell, text) in enumerate(texts.items(), start=first))
    return content[:end] + "".join(shapes).encode() + content[end:]


def _noted(shape: bytes) -> Cell | None:
    row, column = re.search(rb"<x:Row>\s*(\d+)", shape), re.search(rb"<x:Column>\s*(\d+)", shape)
    is_note = b'ObjectType="Note"' in shape
    return (int(row.group(1)) + 1, int(column.group(1)) + 1) if is_note and row and column else None


def _shape(number: int, cell: Cell, text: str) -> str:
    lines = sum(1 + len(line) // 22 for line in text.split("\n"))
    height = min(420, 24 + 19 * lines)
    row, column = cell
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:59.25pt;margin-top:1.5pt;'
        f'width:330px;height:{height}px;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
        '<v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:AutoFill>False</x:AutoFill>'
        f"<x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )
