"""Names of institutions by code, as reports and exports print them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from warehouse.tables import DimInstitution


def read_institution_names(connection: Connection) -> dict[str, str]:
    """The name of every known institution by its code."""
    found = connection.execute(select(DimInstitution.institution_code, DimInstitution.institution_name))
    return {row.institution_code: row.institution_name for row in found}
