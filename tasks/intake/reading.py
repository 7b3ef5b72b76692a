"""Intake, reading: a delivery becomes a Reading, in this process or, for files nobody has vetted, in guarded workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from schemas.cells import CellColumn
from schemas.contract import Contract
from schemas.values import Conformed, Delivery, Finding, Reading, SubmissionState
from sources.registry import Registry
from tasks.intake.cell_columns import CellReader
from tasks.intake.conform import ConformedTable
from tasks.intake.grid import FileRefusedError, Limits
from tasks.intake.headers import ContractHeaders, build_headers
from tasks.intake.read import read_grids
from tasks.intake.read_findings import file_finding
from tasks.intake.read_stamp import read_stamp
from tasks.intake.read_table import Table
from tasks.intake.recognise import RecognisedFile, recognise_file

Approvals: TypeAlias = Mapping[tuple[str, str, str], Mapping[str, str | None]]
"""Partner code, contract and fingerprint of a layout → header key → column, or None for a header to be left out."""


@dataclass(frozen=True, slots=True)
class DeliveryReader:
    """Everything reading needs, built once for many deliveries."""

    contracts: Mapping[str, Contract]
    registry: Registry
    headers: Mapping[str, ContractHeaders]
    cells: CellReader
    limits: Limits
    approvals: Approvals

    def read(self, delivery: Delivery) -> Reading:
        """One delivery; see `read_delivery`."""
        try:
            content = delivery.path.read_bytes()
            opened = read_grids(content, delivery.file_name, self.limits)
        except FileRefusedError as refusal:
            return _unreadable(delivery, refusal.finding)
        except OSError as error:
            reason = f"收到的副本无法打开（{error.strerror}）"
            return _unreadable(delivery, file_finding("file.unreadable", found=delivery.file_name, reason=reason))
        address = delivery.address if delivery.address.endswith(delivery.file_name) else delivery.file_name
        code = delivery.partner_code
        recognise = partial(
            recognise_file,
            opened.grids,
            self._headers_for(code),
            self.cells,
            sender=code,
            address=address,
            stamp=read_stamp(content),
        )
        found = recognise()
        approved = self._approved(code, found)
        if approved:
            found = recognise(approved=approved)
        return _reading(delivery, found, opened.findings)

    def _approved(self, partner_code: str, found: RecognisedFile) -> Mapping[str, Mapping[str, str | None]]:
        """What was decided on headers of exactly these layouts: contract → header key → column."""
        layouts = [(table.conformed.contract.contract, table.conformed.layout) for table in found.tables]
        layouts += [(refused.contract, refused.layout) for refused in found.refused]
        approved: dict[str, dict[str, str | None]] = {}
        for contract, layout in layouts:
            answers = self.approvals.get((partner_code, contract, layout.fingerprint), {})
            if answers:
                approved.setdefault(contract, {}).update(answers)
        return approved

    def _headers_for(self, partner_code: str) -> Mapping[str, ContractHeaders]:
        partner = self.registry.partners.get(partner_code)
        if partner is None or not partner.header_aliases:
            return self.headers
        own = {
            name: build_headers(self.contracts[name], aliases)
            for name, aliases in partner.header_aliases.items()
            if name in self.contracts
        }
        return {**self.headers, **own}


def build_reader(
    contracts: Mapping[str, Contract],
    registry: Registry,
    hash_key: bytes,
    limits: Limits | None = None,
    approvals: Approvals | None = None,
) -> DeliveryReader:
    """A reader for many deliveries.

    Args:
        contracts: the contracts a ledger may fall under.
        registry: the partners a name in a cell may stand for.
        hash_key: secret of the office; codes of persons travel on only as HMAC-SHA-256 under it.
        limits: sizes beyond which a file is refused unopened.
        approvals: what the office has decided on headers of partners.
    """
    headers = {name: build_headers(contract) for name, contract in contracts.items()}
    return DeliveryReader(
        contracts, registry, headers, CellReader(registry, hash_key), limits or Limits(), approvals or {}
    )


def read_delivery(
    delivery: Delivery,
    contracts: Mapping[str, Contract],
    registry: Registry,
    hash_key: bytes,
    limits: Limits | None = None,
    approvals: Approvals | None = None,
) -> Reading:
    """Everything one delivery holds. Never raises for what is in the file: that becomes findings and a state.

    Returns:
        A Reading in state
        received: at least one submission; `findings` tell how the file was saved and of sheets that gave none;
        unreadable: the file could not be opened, one finding;
        unrecognised: no sheet is a ledger we know, one finding;
        refused: ledgers were recognised, but none can be taken (missing column, wrong or no year, no rows).
        What concerns a submission's layout (unknown headers) stands in that submission's own findings.
    """
    return build_reader(contracts, registry, hash_key, limits, approvals).read(delivery)


def _unreadable(delivery: Delivery, finding: Finding) -> Reading:
    return Reading(delivery, (), (finding,), SubmissionState.UNREADABLE)


def _reading(delivery: Delivery, found: RecognisedFile, of_file: tuple[Finding, ...]) -> Reading:
    findings = (*found.findings, *of_file)
    if not found.is_recognised:
        return Reading(delivery, (), findings, SubmissionState.UNRECOGNISED)
    submissions = tuple(_submissions(delivery, found.tables))
    state = SubmissionState.RECEIVED if submissions else SubmissionState.REFUSED
    return Reading(delivery, submissions, findings, state, found.refused, found.untaken)


def _submissions(delivery: Delivery, tables: Iterable[Table]) -> Iterator[Conformed]:
    """One submission for each contract and year, whatever number of sheets it is spread over."""
    slots: dict[tuple[str, str], list[Table]] = {}
    for table in tables:
        slots.setdefault((table.conformed.contract.contract, table.period), []).append(table)
    for (contract, period), parts in slots.items():
        conformed = [part.conformed for part in parts]
        yield Conformed(
            delivery_sha256=delivery.sha256,
            partner_code=delivery.partner_code,
            contract=contract,
            period=period,
            layouts=tuple(table.layout for table in conformed),
            rows=np.concatenate([table.rows for table in conformed]),
            layout_index=np.repeat(np.arange(len(parts), dtype=np.int32), [len(table.rows) for table in conformed]),
            columns=_joined(conformed),
            findings=tuple(finding for part in parts for finding in part.findings),
        )


def _joined(tables: Sequence[ConformedTable]) -> dict[str, CellColumn]:
    if len(tables) == 1:
        return dict(tables[0].columns)
    joined = {}
    for name in tables[0].columns:
        parts = [table.columns[name] for table in tables]
        starts = np.cumsum([0, *(len(part.cells) for part in parts)])
        codes = [part.codes + start for part, start in zip(parts, starts, strict=False)]
        cells = tuple(cell for part in parts for cell in part.cells)
        joined[name] = CellColumn(np.concatenate(codes).astype(np.int32), cells)
    return joined
