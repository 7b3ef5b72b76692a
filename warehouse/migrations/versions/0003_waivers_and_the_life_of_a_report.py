"""Waivers, the life of a report from draft to amended, and what a message was about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('waiver',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rule_id', sa.Text(), nullable=True),
    sa.Column('partner_code', sa.Text(), nullable=True),
    sa.Column('contract', sa.Text(), nullable=True),
    sa.Column('period', sa.Text(), nullable=True),
    sa.Column('tolerated_count', sa.Integer(), nullable=True),
    sa.Column('tolerated_share', sa.Double(), nullable=True),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('decision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('revoked_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('tolerated_count IS NULL OR tolerated_count >= 0', name=op.f('ck_waiver_count')),
    sa.CheckConstraint('tolerated_share IS NULL OR tolerated_share BETWEEN 0 AND 1', name=op.f('ck_waiver_share')),
    sa.ForeignKeyConstraint(['decision_id'], ['decision.id'], name=op.f('fk_waiver_decision_id_decision')),
    sa.ForeignKeyConstraint(['revoked_by_id'], ['decision.id'], name=op.f('fk_waiver_revoked_by_id_decision')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waiver'))
    )
    with op.batch_alter_table('waiver', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_waiver_rule_id_partner_code'), ['rule_id', 'partner_code'], unique=False)

    with op.batch_alter_table('dispatch', schema=None) as batch_op:
        batch_op.add_column(sa.Column('details', sa.JSON(), nullable=True))

    with op.batch_alter_table('report_issue', schema=None) as batch_op:
        batch_op.add_column(sa.Column('drafted_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('state', sa.Enum('draft', 'reviewed', 'approved', 'issued', 'amended', name='reportstate', native_enum=False, create_constraint=True, length=40), server_default='issued', nullable=False))
        batch_op.add_column(sa.Column('manifest', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('amends_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('note', sa.Text(), nullable=True))
        batch_op.alter_column('issued_at',
               existing_type=sa.DATETIME(),
               nullable=True)
        batch_op.alter_column('issued_by',
               existing_type=sa.TEXT(),
               nullable=True)
        batch_op.create_foreign_key(batch_op.f('fk_report_issue_amends_id_report_issue'), 'report_issue', ['amends_id'], ['id'])



def downgrade() -> None:
    with op.batch_alter_table('report_issue', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_report_issue_amends_id_report_issue'), type_='foreignkey')
        batch_op.alter_column('issued_by',
               existing_type=sa.TEXT(),
               nullable=False)
        batch_op.alter_column('issued_at',
               existing_type=sa.DATETIME(),
               nullable=False)
        batch_op.drop_column('note')
        batch_op.drop_column('amends_id')
        batch_op.drop_column('manifest')
        batch_op.drop_constraint(batch_op.f('ck_report_issue_reportstate'), type_='check')
        batch_op.drop_column('state')
        batch_op.drop_column('drafted_at')

    with op.batch_alter_table('dispatch', schema=None) as batch_op:
        batch_op.drop_column('details')

    with op.batch_alter_table('waiver', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_waiver_rule_id_partner_code'))

    op.drop_table('waiver')
