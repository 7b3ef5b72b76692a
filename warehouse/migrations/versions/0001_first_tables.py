"""First tables: intake, verdicts, outgoing, dimensions, and one fact table a contract."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('decision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject_kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('details', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision'))
    )
    op.create_index(op.f('ix_decision_subject_kind_subject'), 'decision', ['subject_kind', 'subject'], unique=False)

    op.create_table('delivery',
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_delivery'))
    )
    op.create_table('dim_date',
    sa.Column('day_on', sa.Date(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('half', sa.Integer(), nullable=False),
    sa.Column('quarter', sa.Integer(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('school_year', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('day_on', name=op.f('pk_dim_date'))
    )
    op.create_table('dim_indicator',
    sa.Column('scope_code', sa.Text(), nullable=False),
    sa.Column('indicator_code', sa.Text(), nullable=False),
    sa.Column('indicator_name', sa.Text(), nullable=False),
    sa.Column('level1_name', sa.Text(), nullable=False),
    sa.Column('level2_name', sa.Text(), nullable=False),
    sa.Column('project_name', sa.Text(), nullable=True),
    sa.Column('unit_name', sa.Text(), nullable=True),
    sa.Column('time_basis_text', sa.Text(), nullable=True),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('scope_code', 'indicator_code', name=op.f('pk_dim_indicator'))
    )
    op.create_table('dim_institution',
    sa.Column('institution_code', sa.Text(), nullable=False),
    sa.Column('institution_name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=True),
    sa.Column('national_code', sa.Text(), nullable=True),
    sa.Column('is_listed', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('institution_code', name=op.f('pk_dim_institution'))
    )
    op.create_table('dim_project',
    sa.Column('scope_code', sa.Text(), nullable=False),
    sa.Column('project_name', sa.Text(), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('scope_code', 'project_name', name=op.f('pk_dim_project'))
    )
    op.create_table('dim_region',
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('region_name', sa.Text(), nullable=False),
    sa.Column('parent_code', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('region_code', name=op.f('pk_dim_region'))
    )
    op.create_table('dim_scope',
    sa.Column('scope_code', sa.Text(), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('scope_code', name=op.f('pk_dim_scope'))
    )
    op.create_table('dim_task',
    sa.Column('scope_code', sa.Text(), nullable=False),
    sa.Column('project_name', sa.Text(), nullable=False),
    sa.Column('task_name', sa.Text(), nullable=False),
    sa.Column('department_name', sa.Text(), nullable=True),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('scope_code', 'project_name', 'task_name', name=op.f('pk_dim_task'))
    )
    op.create_table('fact_activity',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('held_on', sa.Date(), nullable=True),
    sa.Column('activity_name', sa.Text(), nullable=True),
    sa.Column('activity_type_code', sa.Text(), nullable=True),
    sa.Column('organiser_name', sa.Text(), nullable=True),
    sa.Column('team_name', sa.Text(), nullable=True),
    sa.Column('place_name', sa.Text(), nullable=True),
    sa.Column('participant_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_participant_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('beneficiary_name', sa.Text(), nullable=True),
    sa.Column('served_person_times', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_served_person_times', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('event_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_event_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('served_unit_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_served_unit_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_activity')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_award',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('awarded_on', sa.Date(), nullable=True),
    sa.Column('contest_name', sa.Text(), nullable=True),
    sa.Column('track_name', sa.Text(), nullable=True),
    sa.Column('level_code', sa.Text(), nullable=True),
    sa.Column('grade_code', sa.Text(), nullable=True),
    sa.Column('awarded_institution_code', sa.Text(), nullable=True),
    sa.Column('team_name', sa.Text(), nullable=True),
    sa.Column('advisor_names', sa.Text(), nullable=True),
    sa.Column('is_supported_teacher_code', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_award')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_dispatched_person',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('person_name', sa.Text(), nullable=True),
    sa.Column('staff_number_hash', sa.Text(), nullable=True),
    sa.Column('department_name', sa.Text(), nullable=True),
    sa.Column('title_name', sa.Text(), nullable=True),
    sa.Column('supported_institution_code', sa.Text(), nullable=True),
    sa.Column('post_name', sa.Text(), nullable=True),
    sa.Column('dispatched_on', sa.Date(), nullable=True),
    sa.Column('returned_on', sa.Date(), nullable=True),
    sa.Column('person_times', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_person_times', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('id_number_hash', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_dispatched_person')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_enrolment',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('origin_name', sa.Text(), nullable=True),
    sa.Column('plan_type_code', sa.Text(), nullable=True),
    sa.Column('programme_name', sa.Text(), nullable=True),
    sa.Column('programme_code', sa.Text(), nullable=True),
    sa.Column('planned_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_planned_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('admitted_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_admitted_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('registered_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_registered_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_enrolment')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_fund',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('scope_code', sa.Text(), nullable=True),
    sa.Column('content_name', sa.Text(), nullable=True),
    sa.Column('source_code', sa.Text(), nullable=True),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('budget_cny', sa.Numeric(precision=18, scale=2, asdecimal=False), nullable=True),
    sa.Column('is_approx_budget_cny', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('received_cny', sa.Numeric(precision=18, scale=2, asdecimal=False), nullable=True),
    sa.Column('is_approx_received_cny', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('spent_cny', sa.Numeric(precision=18, scale=2, asdecimal=False), nullable=True),
    sa.Column('is_approx_spent_cny', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_fund')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_indicator_actual',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('scope_code', sa.Text(), nullable=True),
    sa.Column('indicator_code', sa.Text(), nullable=True),
    sa.Column('indicator_name', sa.Text(), nullable=True),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('actual_text', sa.Text(), nullable=True),
    sa.Column('evidence_text', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_indicator_actual')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_indicator_target',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('scope_code', sa.Text(), nullable=True),
    sa.Column('level1_name', sa.Text(), nullable=True),
    sa.Column('level2_name', sa.Text(), nullable=True),
    sa.Column('project_name', sa.Text(), nullable=True),
    sa.Column('indicator_name', sa.Text(), nullable=True),
    sa.Column('indicator_code', sa.Text(), nullable=True),
    sa.Column('unit_name', sa.Text(), nullable=True),
    sa.Column('time_basis_text', sa.Text(), nullable=True),
    sa.Column('target_2019', sa.Text(), nullable=True),
    sa.Column('target_2020', sa.Text(), nullable=True),
    sa.Column('target_2021', sa.Text(), nullable=True),
    sa.Column('target_2022', sa.Text(), nullable=True),
    sa.Column('target_2023', sa.Text(), nullable=True),
    sa.Column('target_final', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_indicator_target')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_plan_task',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('scope_code', sa.Text(), nullable=True),
    sa.Column('project_name', sa.Text(), nullable=True),
    sa.Column('task_name', sa.Text(), nullable=True),
    sa.Column('plan_2019', sa.Text(), nullable=True),
    sa.Column('plan_2020', sa.Text(), nullable=True),
    sa.Column('plan_2021', sa.Text(), nullable=True),
    sa.Column('plan_2022', sa.Text(), nullable=True),
    sa.Column('plan_2023', sa.Text(), nullable=True),
    sa.Column('department_name', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_plan_task')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_platform_base',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('platform_name', sa.Text(), nullable=True),
    sa.Column('platform_type_code', sa.Text(), nullable=True),
    sa.Column('department_name', sa.Text(), nullable=True),
    sa.Column('partner_unit_name', sa.Text(), nullable=True),
    sa.Column('founded_on', sa.Date(), nullable=True),
    sa.Column('status_code', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_platform_base')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_programme_built',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('supported_institution_code', sa.Text(), nullable=True),
    sa.Column('programme_name', sa.Text(), nullable=True),
    sa.Column('programme_code', sa.Text(), nullable=True),
    sa.Column('code_edition_code', sa.Text(), nullable=True),
    sa.Column('programme_group_name', sa.Text(), nullable=True),
    sa.Column('built_on', sa.Date(), nullable=True),
    sa.Column('student_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_student_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_programme_built')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_satisfaction',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('group_code', sa.Text(), nullable=True),
    sa.Column('sample_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_sample_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('valid_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_valid_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('very_satisfied_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_very_satisfied_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('satisfied_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_satisfied_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('neutral_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_neutral_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('dissatisfied_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_dissatisfied_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('not_assessable_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_not_assessable_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_satisfaction')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_support_project',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('project_name', sa.Text(), nullable=True),
    sa.Column('channel_code', sa.Text(), nullable=True),
    sa.Column('supported_institution_code', sa.Text(), nullable=True),
    sa.Column('region_name', sa.Text(), nullable=True),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('content', sa.Text(), nullable=True),
    sa.Column('status_code', sa.Text(), nullable=True),
    sa.Column('department_name', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_support_project')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_task_progress',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('project_name', sa.Text(), nullable=True),
    sa.Column('task_name', sa.Text(), nullable=True),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('planned_text', sa.Text(), nullable=True),
    sa.Column('done_text', sa.Text(), nullable=True),
    sa.Column('completion_share', sa.Numeric(precision=18, scale=6, asdecimal=False), nullable=True),
    sa.Column('is_approx_completion_share', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('status_code', sa.Text(), nullable=True),
    sa.Column('evidence_text', sa.Text(), nullable=True),
    sa.Column('department_name', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_task_progress')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_technical_service',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('service_name', sa.Text(), nullable=True),
    sa.Column('client_name', sa.Text(), nullable=True),
    sa.Column('service_type_code', sa.Text(), nullable=True),
    sa.Column('contract_cny', sa.Numeric(precision=18, scale=2, asdecimal=False), nullable=True),
    sa.Column('is_approx_contract_cny', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('received_cny', sa.Numeric(precision=18, scale=2, asdecimal=False), nullable=True),
    sa.Column('is_approx_received_cny', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('applied_variety_name', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_technical_service')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_training_room',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('supported_institution_code', sa.Text(), nullable=True),
    sa.Column('room_name', sa.Text(), nullable=True),
    sa.Column('location_code', sa.Text(), nullable=True),
    sa.Column('area_sqm', sa.Numeric(precision=18, scale=6, asdecimal=False), nullable=True),
    sa.Column('is_approx_area_sqm', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('equipment_cny', sa.Numeric(precision=18, scale=2, asdecimal=False), nullable=True),
    sa.Column('is_approx_equipment_cny', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('workstation_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_workstation_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('built_on', sa.Date(), nullable=True),
    sa.Column('programme_names', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_training_room')),
    sqlite_with_rowid=False
    )
    op.create_table('fact_training_session',
    sa.Column('submission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('layout_index', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('source_row', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('session_name', sa.Text(), nullable=True),
    sa.Column('trainee_institution_code', sa.Text(), nullable=True),
    sa.Column('training_type_code', sa.Text(), nullable=True),
    sa.Column('training_mode_code', sa.Text(), nullable=True),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('day_count', sa.Numeric(precision=18, scale=6, asdecimal=False), nullable=True),
    sa.Column('is_approx_day_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('trainee_count', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_trainee_count', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('trainee_person_times', sa.BigInteger(), nullable=True),
    sa.Column('is_approx_trainee_person_times', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('trainee_person_days', sa.Numeric(precision=18, scale=6, asdecimal=False), nullable=True),
    sa.Column('is_approx_trainee_person_days', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('lecturer_names', sa.Text(), nullable=True),
    sa.Column('place_name', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_fact_training_session')),
    sqlite_with_rowid=False
    )
    op.create_table('night',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('summary', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_night'))
    )
    op.create_table('obligation',
    sa.Column('partner_code', sa.Text(), nullable=False),
    sa.Column('contract', sa.Text(), nullable=False),
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('partner_code', 'contract', 'period', name=op.f('pk_obligation'))
    )
    op.create_table('report_issue',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('as_of_on', sa.Date(), nullable=False),
    sa.Column('known_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by', sa.Text(), nullable=False),
    sa.Column('versions', sa.JSON(), nullable=False),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_issue'))
    )
    op.create_index(op.f('ix_report_issue_year_issued_at'), 'report_issue', ['year', 'issued_at'], unique=False)

    op.create_table('fetch_log',
    sa.Column('night_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('partner_code', sa.Text(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('delivery_count', sa.Integer(), nullable=False),
    sa.Column('unchanged_count', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Double(), nullable=False),
    sa.Column('logged_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['night_id'], ['night.id'], name=op.f('fk_fetch_log_night_id_night')),
    sa.PrimaryKeyConstraint('night_id', 'partner_code', name=op.f('pk_fetch_log'))
    )
    op.create_index(op.f('ix_fetch_log_partner_code_night_id'), 'fetch_log', ['partner_code', 'night_id'], unique=False)

    op.create_table('figure',
    sa.Column('report_issue_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('figure_id', sa.Text(), nullable=False),
    sa.Column('indicator', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('measured', 'no_record', 'not_measured', 'not_due', name='figurestate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('value', sa.Numeric(24, 6).with_variant(sa.Text(), 'sqlite'), nullable=True),
    sa.Column('rows_observed', sa.Integer(), nullable=False),
    sa.Column('window_from', sa.Date(), nullable=False),
    sa.Column('window_to', sa.Date(), nullable=False),
    sa.Column('is_approximate', sa.Boolean(), nullable=False),
    sa.Column('approximate_part', sa.Numeric(24, 6).with_variant(sa.Text(), 'sqlite'), nullable=False),
    sa.Column('slice_names', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['report_issue_id'], ['report_issue.id'], name=op.f('fk_figure_report_issue_id_report_issue')),
    sa.PrimaryKeyConstraint('report_issue_id', 'figure_id', name=op.f('pk_figure'))
    )
    op.create_table('sighting',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('night_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('partner_code', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('delivery_sha256', sa.Text(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('sender', sa.Text(), nullable=True),
    sa.Column('size_bytes', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('modified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['delivery_sha256'], ['delivery.sha256'], name=op.f('fk_sighting_delivery_sha256_delivery')),
    sa.ForeignKeyConstraint(['night_id'], ['night.id'], name=op.f('fk_sighting_night_id_night')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sighting'))
    )
    op.create_index(op.f('ix_sighting_delivery_sha256'), 'sighting', ['delivery_sha256'], unique=False)
    op.create_index(op.f('ix_sighting_partner_code_address'), 'sighting', ['partner_code', 'address'], unique=False)

    op.create_table('submission',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('night_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('delivery_sha256', sa.Text(), nullable=False),
    sa.Column('sighting_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('partner_code', sa.Text(), nullable=False),
    sa.Column('contract', sa.Text(), nullable=True),
    sa.Column('contract_version', sa.Integer(), nullable=True),
    sa.Column('period', sa.Text(), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('received', 'unreadable', 'unrecognised', 'refused', 'accepted_with_findings', 'accepted', 'superseded', 'reverted', name='submissionstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('reason', sa.Enum('first', 'resubmission', 'return', 'late', name='reason', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('supersedes_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('in_force_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('in_force_to', sa.DateTime(timezone=True), nullable=True),
    sa.Column('layouts', sa.JSON(), nullable=False),
    sa.Column('rows_read', sa.Integer(), nullable=False),
    sa.Column('rows_loaded', sa.Integer(), nullable=False),
    sa.Column('rows_held', sa.Integer(), nullable=False),
    sa.Column('critical_count', sa.Integer(), nullable=False),
    sa.Column('warning_count', sa.Integer(), nullable=False),
    sa.Column('info_count', sa.Integer(), nullable=False),
    sa.CheckConstraint("(contract IS NULL) = (period IS NULL) AND (contract IS NOT NULL OR state IN ('unreadable', 'unrecognised', 'refused', 'received'))", name=op.f('ck_submission_slot')),
    sa.CheckConstraint('in_force_to IS NULL OR in_force_to >= in_force_from', name=op.f('ck_submission_in_force')),
    sa.ForeignKeyConstraint(['delivery_sha256'], ['delivery.sha256'], name=op.f('fk_submission_delivery_sha256_delivery')),
    sa.ForeignKeyConstraint(['night_id'], ['night.id'], name=op.f('fk_submission_night_id_night')),
    sa.ForeignKeyConstraint(['sighting_id'], ['sighting.id'], name=op.f('fk_submission_sighting_id_sighting')),
    sa.ForeignKeyConstraint(['supersedes_id'], ['submission.id'], name=op.f('fk_submission_supersedes_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission')),
    sa.UniqueConstraint('contract', 'partner_code', 'period', 'sequence', name=op.f('uq_submission_contract_partner_code_period_sequence'))
    )
    op.create_index(op.f('ix_submission_delivery_sha256'), 'submission', ['delivery_sha256'], unique=False)
    op.create_index(op.f('ix_submission_night_id'), 'submission', ['night_id'], unique=False)
    op.create_index(op.f('ix_submission_sighting_id'), 'submission', ['sighting_id'], unique=False)
    op.create_index('uq_submission_in_force', 'submission', ['contract', 'partner_code', 'period'], unique=True, sqlite_where=sa.text('in_force_from IS NOT NULL AND in_force_to IS NULL'), postgresql_where=sa.text('in_force_from IS NOT NULL AND in_force_to IS NULL'))

    op.create_table('dispatch',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('partner_code', sa.Text(), nullable=True),
    sa.Column('recipients', sa.JSON(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('attachments', sa.JSON(), nullable=False),
    sa.Column('report_issue_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('submission_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['report_issue_id'], ['report_issue.id'], name=op.f('fk_dispatch_report_issue_id_report_issue')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_dispatch_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispatch')),
    sa.UniqueConstraint('key', name=op.f('uq_dispatch_key'))
    )
    op.create_index(op.f('ix_dispatch_partner_code_sent_at'), 'dispatch', ['partner_code', 'sent_at'], unique=False)

    op.create_table('finding',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('submission_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rule_id', sa.Text(), nullable=False),
    sa.Column('severity', sa.Enum('critical', 'warning', 'info', name='severity', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('turn', sa.Enum('submitter', 'us', 'nobody', name='turn', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('found', sa.Text(), nullable=False),
    sa.Column('expected', sa.Text(), nullable=False),
    sa.Column('fix', sa.Text(), nullable=False),
    sa.Column('sheet', sa.Text(), nullable=True),
    sa.Column('source_row', sa.Integer(), nullable=True),
    sa.Column('source_column', sa.Integer(), nullable=True),
    sa.Column('header', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_finding_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding'))
    )
    op.create_index(op.f('ix_finding_submission_id'), 'finding', ['submission_id'], unique=False)

    op.create_table('quarantine',
    sa.Column('submission_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('layout_index', sa.Integer(), nullable=False),
    sa.Column('source_row', sa.Integer(), nullable=False),
    sa.Column('cells', sa.JSON(), nullable=False),
    sa.Column('rule_ids', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_quarantine_submission_id_submission')),
    sa.PrimaryKeyConstraint('submission_id', 'layout_index', 'source_row', name=op.f('pk_quarantine'))
    )
    _make_append_only('decision')


def downgrade() -> None:
    if op.get_context().dialect.name == 'postgresql':
        op.execute('DROP TRIGGER decision_append_only ON decision')
        op.execute('DROP FUNCTION refuse_change()')
    op.drop_table('quarantine')
    op.drop_index(op.f('ix_finding_submission_id'), table_name='finding')
    op.drop_table('finding')
    op.drop_index(op.f('ix_dispatch_partner_code_sent_at'), table_name='dispatch')
    op.drop_table('dispatch')
    op.drop_index('uq_submission_in_force', table_name='submission', sqlite_where=sa.text('in_force_from IS NOT NULL AND in_force_to IS NULL'), postgresql_where=sa.text('in_force_from IS NOT NULL AND in_force_to IS NULL'))
    op.drop_index(op.f('ix_submission_sighting_id'), table_name='submission')
    op.drop_index(op.f('ix_submission_night_id'), table_name='submission')
    op.drop_index(op.f('ix_submission_delivery_sha256'), table_name='submission')
    op.drop_table('submission')
    op.drop_index(op.f('ix_sighting_partner_code_address'), table_name='sighting')
    op.drop_index(op.f('ix_sighting_delivery_sha256'), table_name='sighting')
    op.drop_table('sighting')
    op.drop_table('figure')
    op.drop_index(op.f('ix_fetch_log_partner_code_night_id'), table_name='fetch_log')
    op.drop_table('fetch_log')
    op.drop_index(op.f('ix_report_issue_year_issued_at'), table_name='report_issue')
    op.drop_table('report_issue')
    op.drop_table('obligation')
    op.drop_table('night')
    op.drop_table('fact_training_session')
    op.drop_table('fact_training_room')
    op.drop_table('fact_technical_service')
    op.drop_table('fact_task_progress')
    op.drop_table('fact_support_project')
    op.drop_table('fact_satisfaction')
    op.drop_table('fact_programme_built')
    op.drop_table('fact_platform_base')
    op.drop_table('fact_plan_task')
    op.drop_table('fact_indicator_target')
    op.drop_table('fact_indicator_actual')
    op.drop_table('fact_fund')
    op.drop_table('fact_enrolment')
    op.drop_table('fact_dispatched_person')
    op.drop_table('fact_award')
    op.drop_table('fact_activity')
    op.drop_table('dim_task')
    op.drop_table('dim_scope')
    op.drop_table('dim_region')
    op.drop_table('dim_project')
    op.drop_table('dim_institution')
    op.drop_table('dim_indicator')
    op.drop_table('dim_date')
    op.drop_table('delivery')
    op.drop_index(op.f('ix_decision_subject_kind_subject'), table_name='decision')
    op.drop_table('decision')


def _make_append_only(table: str) -> None:
    """The database itself refuses to change or delete a row: a decision, once taken, is history."""
    if op.get_context().dialect.name == 'postgresql':
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END$$"
        )
        op.execute(
            f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()'
        )
        return
    for change in ('UPDATE', 'DELETE'):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
