"""Report, amended: the part 更正说明, which lists what differs from the report that was issued before, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from tasks.report.compose_cells import head_row, words
from tasks.report.model import Paragraph, ReportModel, Section, Table
from tasks.report.narrative import text_line


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing a report printed, as it was and as it is. `cause` (Chinese) says whose ledger brought the change."""

    title: str
    before: str
    after: str
    cause: str


@dataclass(frozen=True, slots=True)
class Corrections:
    """What an amended report corrects: the number of the report before it, the reason given, and every change."""

    number: str
    why: str
    items: tuple[Correction, ...]

    def as_manifest(self) -> dict[str, object]:
        """What the manifest keeps of it."""
        return asdict(self)


def corrections_of(manifest: Mapping[str, object]) -> Corrections | None:
    """The corrections a manifest keeps, None for a first report."""
    found = manifest.get("corrections")
    if not isinstance(found, Mapping):
        return None
    items = tuple(Correction(**item) for item in found["items"])
    return Corrections(found["number"], found["why"], items)


def add_corrections(model: ReportModel, corrections: Corrections | None) -> ReportModel:
    """The model with 更正说明 before its first part; as it is when nothing is corrected."""
    if corrections is None:
        return model
    return replace(model, sections=(_section(corrections), *model.sections))


def _section(corrections: Corrections) -> Section:
    opening = (
        f"本报告更正{corrections.number}报告，自印发之日起替代该报告。更正理由：{corrections.why.rstrip('。')}。"
        f"与该报告相比，数值有变动的共{len(corrections.items)}项。"
    )
    if not corrections.items:
        return Section("corrections", "更正说明", (Paragraph(text_line(opening)),))
    body = tuple((words(c.title), words(c.before), words(c.after), words(c.cause)) for c in corrections.items)
    head = (head_row("指标", "原数值", "更正后", "变动原因"),)
    table = Table("corrections", "更正前后对照", (13, 9, 9, 20), head, body)
    return Section("corrections", "更正说明", (Paragraph(text_line(opening)), table))
