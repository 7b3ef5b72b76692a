"""Questions to people, the server's name for a file's version, the mail a file came in, and what a fetch left behind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('question',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('is_for_partner', sa.Boolean(), nullable=False),
    sa.Column('partner_code', sa.Text(), nullable=True),
    sa.Column('contract', sa.Text(), nullable=True),
    sa.Column('period', sa.Text(), nullable=True),
    sa.Column('delivery_sha256', sa.Text(), nullable=True),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('choices', sa.JSON(), nullable=False),
    sa.Column('details', sa.JSON(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer_code', sa.Text(), nullable=True),
    sa.Column('answer_text', sa.Text(), nullable=True),
    sa.Column('decision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['decision_id'], ['decision.id'], name=op.f('fk_question_decision_id_decision')),
    sa.ForeignKeyConstraint(['delivery_sha256'], ['delivery.sha256'], name=op.f('fk_question_delivery_sha256_delivery')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question')),
    sa.UniqueConstraint('key', name=op.f('uq_question_key'))
    )
    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_question_kind_partner_code'), ['kind', 'partner_code'], unique=False)

    with op.batch_alter_table('fetch_log', schema=None) as batch_op:
        batch_op.add_column(sa.Column('fetched_bytes', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('not_fetched', sa.JSON(), nullable=True))

    with op.batch_alter_table('sighting', schema=None) as batch_op:
        batch_op.add_column(sa.Column('etag', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('message_id', sa.Text(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('sighting', schema=None) as batch_op:
        batch_op.drop_column('message_id')
        batch_op.drop_column('etag')

    with op.batch_alter_table('fetch_log', schema=None) as batch_op:
        batch_op.drop_column('not_fetched')
        batch_op.drop_column('fetched_bytes')

    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_question_kind_partner_code'))

    op.drop_table('question')
