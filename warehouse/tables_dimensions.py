"""Conformed dimensions: institution, region, date, and the plan (scope, project, task, indicator)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from warehouse.base import Base


class DimInstitution(Base):
    """A registered partner. Names change while codes stay; one taken off the register keeps its row, unlisted."""

    __tablename__ = "dim_institution"

    institution_code: Mapped[str] = mapped_column(primary_key=True)
    institution_name: Mapped[str]
    kind: Mapped[str]
    region_code: Mapped[str | None]
    national_code: Mapped[str | None]
    is_listed: Mapped[bool]


class DimRegion(Base):
    """A region of GB/T 2260 (or a group of them); `parent_code` is the region it lies in, when listed."""

    __tablename__ = "dim_region"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    region_name: Mapped[str]
    parent_code: Mapped[str | None]


class DimDate(Base):
    """A day. `school_year` is the year in which its school year (1 September to 31 August) began."""

    __tablename__ = "dim_date"

    day_on: Mapped[date] = mapped_column(primary_key=True)
    year: Mapped[int]
    half: Mapped[int]
    quarter: Mapped[int]
    month: Mapped[int]
    school_year: Mapped[int]


class DimScope(Base):
    """A scope of the plan (school, group one, group two), in the order of the plan."""

    __tablename__ = "dim_scope"

    scope_code: Mapped[str] = mapped_column(primary_key=True)
    ordinal: Mapped[int]


class DimProject(Base):
    """A project of a scope. Projects and their order differ between schools: they come from the plan, never from code."""

    __tablename__ = "dim_project"

    scope_code: Mapped[str] = mapped_column(primary_key=True)
    project_name: Mapped[str] = mapped_column(primary_key=True)
    ordinal: Mapped[int]


class DimTask(Base):
    """A task of a project."""

    __tablename__ = "dim_task"

    scope_code: Mapped[str] = mapped_column(primary_key=True)
    project_name: Mapped[str] = mapped_column(primary_key=True)
    task_name: Mapped[str] = mapped_column(primary_key=True)
    department_name: Mapped[str | None]
    ordinal: Mapped[int]


class DimIndicator(Base):
    """An indicator of a scope; a code alone is no key, since every scope numbers its own."""

    __tablename__ = "dim_indicator"

    scope_code: Mapped[str] = mapped_column(primary_key=True)
    indicator_code: Mapped[str] = mapped_column(primary_key=True)
    indicator_name: Mapped[str]
    level1_name: Mapped[str]
    level2_name: Mapped[str]
    project_name: Mapped[str | None]
    unit_name: Mapped[str | None]
    time_basis_text: Mapped[str | None]
    ordinal: Mapped[int]
