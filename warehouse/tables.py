"""All tables by name, in one place to import from; fact tables come from `fact_table(contract)`."""

from __future__ import annotations

from sqlalchemy import MetaData

from warehouse.base import Base
from warehouse.facts import fact_table, fact_tables
from warehouse.tables_dimensions import DimDate, DimIndicator, DimInstitution, DimProject, DimRegion, DimScope, DimTask
from warehouse.tables_intake import DeliveryRow, FetchLog, Night, Reason, SightingRow, Submission
from warehouse.tables_outgoing import Dispatch, FigureRow, Obligation, ReportIssue, ReportState
from warehouse.tables_verdict import Decision, FindingRow, Quarantine, Question, Waiver

__all__ = [
    "Decision", "DeliveryRow", "DimDate", "DimIndicator", "DimInstitution", "DimProject", "DimRegion", "DimScope", "DimTask",
    "Dispatch", "FetchLog", "FigureRow", "FindingRow", "Night", "Obligation", "Quarantine", "Question", "Reason", "ReportIssue",
    "ReportState", "SightingRow", "Submission", "Waiver", "all_tables", "fact_table", "fact_tables",
]  # fmt: skip


def all_tables() -> MetaData:
    """The metadata with every table on it, the projected ones included."""
    fact_tables()
    return Base.metadata
