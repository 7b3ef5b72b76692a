"""Names of institutions and provinces by code, as reports and exports print them, and which institution lies in which province."""

from __future__ import annotations

from sqlalchemy import Connection, select

from warehouse.tables import DimInstitution, DimRegion


def read_institution_names(connection: Connection) -> dict[str, str]:
    """The name of every known institution by its code."""
    found = connection.execute(select(DimInstitution.institution_code, DimInstitution.institution_name))
    return {row.institution_code: row.institution_name for row in found}


def read_provinces(connection: Connection) -> dict[str, str | None]:
    """The province (two digits of GB/T 2260) of every known institution by its code; None where none is registered."""
    found = connection.execute(select(DimInstitution.institution_code, DimInstitution.region_code))
    return {row.institution_code: row.region_code[:2] if row.region_code else None for row in found}


def read_province_names(connection: Connection) -> dict[str, str]:
    """The name of every province by its code."""
    provinces = select(DimRegion.region_code, DimRegion.region_name).where(DimRegion.parent_code.is_(None))
    return {row.region_code: row.region_name for row in connection.execute(provinces)}
