"""Feedback: a plain xlsx marked part by part, so that everything the partner made keeps its bytes."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from schemas.values import Finding
from tasks.feedback.marked_comments import comment_text, write_comments
from tasks.feedback.marked_list import SheetPart, open_workbook
from tasks.feedback.marked_sheet import Cell, anchor, merged_areas, unselected, with_marks, without_marks
from tasks.feedback.marked_styles import Styles
from tasks.feedback.package import Package
from tasks.feedback.problem_list import SEVERITY_COLOURS, TITLE, choose_listed, worst, write_problem_list
from tasks.feedback.question_list import AskedQuestion

_MACROS = "xl/vbaProject.bin"
_MAIN_TYPE = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_MACRO_TYPES = re.compile(rb"application/vnd\.ms-excel\.(?:sheet|template)\.macroEnabled\.main\+xml")


def mark_package(
    source: Path,
    file_name: str,
    findings: Sequence[Finding],
    note: str,
    to: Path,
    questions: Sequence[AskedQuestion] = (),
) -> None:
    """Write the marked copy of an xlsx.

    Args:
        source: the package; never altered.
        file_name: the file as the partner named it.
        findings: everything to say about it.
        note: one sentence on what the copy is.
        to: path to write.
        questions: what the partner is asked to explain.

    Raises:
        NotSafeError: the package is written in a way that cannot be edited part by part.
    """
    with zipfile.ZipFile(source) as opened:
        package = Package(opened)
        workbook = open_workbook(package)
        styles_part = next((r.target for r in package.relations(workbook.part) if r.kind == "styles"), "")
        styles = Styles(package.read(styles_part, b"styleSheet"), frozenset(SEVERITY_COLOURS.values()))
        listed = {id(finding) for finding in choose_listed(findings).shown}
        sheets = [sheet for sheet in workbook.sheets if sheet.name != TITLE]
        for sheet in sheets:
            _mark_sheet(package, sheet, findings, listed, styles)
        names = [sheet.name for sheet in sheets if sheet.kind == "worksheet"]
        workbook.put_list_first(
            lambda list_sheet: write_problem_list(list_sheet, file_name, findings, note, names, questions), styles
        )
        package.write(styles_part, styles.render())
        _leave_macros_out(package, workbook.part)
        package.save(to)


def _mark_sheet(
    package: Package, sheet: SheetPart, findings: Sequence[Finding], listed: set[int], styles: Styles
) -> None:
    if sheet.kind != "worksheet":
        package.write(sheet.part, unselected(package.read(sheet.part)))
        return
    content = unselected(package.read(sheet.part, b"worksheet"))
    groups = _by_anchor(content, sheet.name, findings)
    marks = {cell: partial(_marked, styles, SEVERITY_COLOURS[worst(group)]) for cell, group in groups.items()}
    content = (
        with_marks(without_marks(content, styles.ours, styles.unmarked), marks) if marks or styles.ours else content
    )
    told = {cell: [finding for finding in group if id(finding) in listed] for cell, group in groups.items()}
    texts = {cell: comment_text(group) for cell, group in told.items() if group}
    package.write(sheet.part, write_comments(package, sheet.part, content, texts))


def _marked(styles: Styles, colour: str, style: int) -> int:
    return styles.marked(style, colour)


def _by_anchor(content: bytes, name: str, findings: Sequence[Finding]) -> Mapping[Cell, list[Finding]]:
    areas = merged_areas(content)
    groups: dict[Cell, list[Finding]] = defaultdict(list)
    for finding in findings:
        place = finding.place
        if place.sheet == name and place.row and place.column:
            groups[anchor(areas, (place.row, place.column))].append(finding)
    return groups


def _leave_macros_out(package: Package, workbook_part: str) -> None:
    """A copy we hand out runs nothing: without its macros it is a plain workbook."""
    types = package.read("[Content_Types].xml", b"Types")
    if _MACROS not in package and not _MACRO_TYPES.search(types):
        return
    rels = f"{workbook_part.rpartition('/')[0]}/_rels/{workbook_part.rpartition('/')[2]}.rels"
    content = package.read(rels, b"Relationships")
    for relation in package.relations(workbook_part):
        if relation.target == _MACROS:
            content = content.replace(relation.tag, b"")
    package.write(rels, content)
    package.write("[Content_Types].xml", _MACRO_TYPES.sub(_MAIN_TYPE, types))
    for name in (_MACROS, "xl/vbaProjectSignature.bin", "xl/_rels/vbaProject.bin.rels"):
        if name in package:
            package.drop(name)
