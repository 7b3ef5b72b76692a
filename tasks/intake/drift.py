"""Intake, layout memory: one table whose header is not as before, worded as a finding and as a question with its choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.contract import Column, Contract
from schemas.values import Delivery, Finding, Place, Severity, SheetLayout, Turn
from tasks.intake.asking import LAYOUT_DRIFT, Asked, shown_name
from warehouse.base import Json

ACCEPT, IGNORE, REFUSE = "accept", "ignore", "refuse"


@dataclass(frozen=True, slots=True)
class Drift:
    """How one table differs from the partner's last accepted layout, or from the contract when there is none.

    Attributes:
        contract: what the table falls under.
        layout: its layout.
        added: headers nobody claims and nobody knew before.
        lost: columns it no longer has; of a first file, the required ones it never had.
        moved: Chinese words for columns that stand elsewhere or are called otherwise, yet are known.
        proposed: header → column it may be.
        is_refused: whether the table cannot be taken as it is.
        is_first: whether there is no accepted layout to compare with.
    """

    contract: Contract
    layout: SheetLayout
    added: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    proposed: Mapping[str, str] = field(default_factory=dict)
    is_refused: bool = False
    is_first: bool = False

    @property
    def choices(self) -> dict[str, str]:
        """What the office may answer; empty when there is nothing to choose."""
        still_lost = {column.name for column in self._required_lost} - set(self.proposed.values())
        found = {}
        if self.proposed and not still_lost:
            found[ACCEPT] = f"按建议对应：{self._mapping_words}" + ("；其余新列不读" if self._unproposed else "")
        if self.layout.unplaced and not self.is_refused:
            found[IGNORE] = f"不读新列：{_quoted(unplaced.header for unplaced in self.layout.unplaced)}"
        return {**found, REFUSE: "退回，请报送单位按模板改正表头"} if found else {}

    def key(self, partner_code: str) -> str:
        """The key of the question on this layout."""
        return drift_key(partner_code, self.contract.contract, self.layout)

    def finding(self) -> Finding | None:
        """What to say of it beside the findings on single headers, or None."""
        place = Place(self.layout.sheet, self.layout.header_last_row)
        if (self.choices and not self.is_first) or self.proposed:
            words = "建议对应：" + self._mapping_words if self.proposed else "没有可建议的对应列"
            return Finding(
                "layout.drift", Severity.WARNING, Turn.US, f"表头与{self._compared}不同：{self.difference}",
                f"新出现：{_quoted(self.added) or '无'}；缺少：{_quoted(self._headers(self.lost)) or '无'}",
                f"与{self._compared}相同的表头；{words}", "由双高办确认后处理，您暂时不用改动", place,
            )  # fmt: skip
        if self.moved or (self.lost and not self.is_first):
            return Finding(
                "layout.moved", Severity.INFO, Turn.NOBODY, f"表头与{self._compared}不同，已按列名读取：{self.difference}",
                self.difference, f"与{self._compared}相同的表头", "如果不是有意改动，请核对模板", place,
            )  # fmt: skip
        return None

    def question(self, delivery: Delivery, period: str | None) -> Asked | None:
        """What to ask the office, or None when there is nothing to choose."""
        if not self.choices:
            return None
        sheet = f"工作表“{self.layout.sheet}”的" if self.layout.sheet else ""
        standing = "确认以前这张表不入库，以前已接收的数据不受影响。" if self.is_refused else "这张表已按认识的列入库。"
        text = (
            f"{self.contract.title}：《{shown_name(delivery.file_name)}》{sheet}表头与{self._compared}不同："
            f"{self.difference}。{standing}"
        )
        told: Json = {
            "fingerprint": self.layout.fingerprint,
            "mapping": {unplaced.header: self.proposed.get(unplaced.header) for unplaced in self.layout.unplaced},
        }
        return Asked(
            self.key(delivery.partner_code), LAYOUT_DRIFT, text, self.choices, delivery.partner_code,
            self.contract.contract, period, delivery.sha256, told,
        )  # fmt: skip

    @property
    def difference(self) -> str:
        """The differences in Chinese."""
        parts = (
            f"新出现{_quoted(self.added)}" if self.added else "",
            f"缺少{_quoted(self._headers(self.lost))}" if self.lost else "",
            *self.moved,
        )
        return "；".join(part for part in parts if part)

    @property
    def _compared(self) -> str:
        return "模板" if self.is_first else "上次接收的"

    @property
    def _required_lost(self) -> list[Column]:
        return [
            self.contract.column(name) for name in self.lost if self.contract.column(name).required
        ] * self.is_refused

    @property
    def _mapping_words(self) -> str:
        return "，".join(f"“{header}”→“{self.contract.column(name).header}”" for header, name in self.proposed.items())

    @property
    def _unproposed(self) -> bool:
        return any(unplaced.header not in self.proposed for unplaced in self.layout.unplaced)

    def _headers(self, names: Sequence[str]) -> list[str]:
        return [self.contract.column(name).header for name in names]


def drift_key(partner_code: str, contract: str, layout: SheetLayout) -> str:
    """The key of the question on a layout of a partner."""
    return f"{LAYOUT_DRIFT}:{contract}:{partner_code}:{layout.fingerprint}"


def to_be_mended(layout: SheetLayout) -> Finding:
    """The office has refused this layout."""
    return Finding(
        "layout.refused", Severity.CRITICAL, Turn.SUBMITTER, "双高办不同意这样的表头，整张表未采用",
        f"模板中没有的列：{_quoted(layout.unknown)}", "与模板一致的表头", "请按模板改正表头后重新报送",
        Place(layout.sheet, layout.header_last_row),
    )  # fmt: skip


def _quoted(texts: Iterable[str]) -> str:
    return "、".join(f"“{text}”" for text in texts)
