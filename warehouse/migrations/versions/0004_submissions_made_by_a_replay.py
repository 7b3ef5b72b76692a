"""Submissions made by a replay: bytes received before, judged again."""

from __future__ import annotations

from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

_BEFORE = "reason IN ('first', 'resubmission', 'return', 'late')"
_AFTER = "reason IN ('first', 'resubmission', 'return', 'late', 'replay')"


def upgrade() -> None:
    _replace_check(_BEFORE, _AFTER)


def downgrade() -> None:
    op.execute("UPDATE submission SET reason = 'resubmission' WHERE reason = 'replay'")
    _replace_check(_AFTER, _BEFORE)


def _replace_check(before: str, after: str) -> None:
    if op.get_context().dialect.name == "sqlite":
        _rewrite_check(before, after)
        return
    op.execute("ALTER TABLE submission DROP CONSTRAINT ck_submission_reason")
    op.execute(f"ALTER TABLE submission ADD CONSTRAINT ck_submission_reason CHECK ({after})")


def _rewrite_check(before: str, after: str) -> None:
    """SQLite cannot alter a CHECK; a table built anew would lose its other ones, which no reflection gives back.

    The text of the table is changed in place instead, the way SQLite's own documentation of ALTER TABLE describes.
    """
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'submission' AND instr(sql, ?)",
        (before, after, before),
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError("the CHECK on submission.reason is not as the first migration wrote it; nothing was changed")
