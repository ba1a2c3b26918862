import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';
import type { RunLimits } from '../common/run-limits.js';

export const taskStatuses = ['pending', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type TaskStatus = (typeof taskStatuses)[number];

@Entity('tasks')
@Index('tasks_project_number_key', ['project_id', 'number'], { unique: true })
@Index('tasks_project_status', ['project_id', 'status', 'created_at', 'id'], { where: 'deleted_at IS NULL' })
@Index('tasks_project_created', ['project_id', 'created_at', 'id'], { where: 'deleted_at IS NULL' })
// each sort of a list has the tasks of a project and a status in order
@Index('tasks_status_updated', ['project_id', 'status', 'updated_at', 'id'], { where: 'deleted_at IS NULL' })
@Index('tasks_status_priority', ['project_id', 'status', 'priority', 'id'], { where: 'deleted_at IS NULL' })
@Index('tasks_status_title', ['project_id', 'status', 'title', 'id'], { where: 'deleted_at IS NULL' })
@Index('tasks_created_project', { synchronize: false })
@Index('tasks_assigned_to', ['assigned_to', 'created_at'], {
  where: 'deleted_at IS NULL AND assigned_to IS NOT NULL',
})
@Index('tasks_words', { synchronize: false })
@Index('tasks_tags', { synchronize: false })
export class Task {
  @Id()
  id!: string;

  @Column('uuid')
  project_id!: string;

  /** Forms the task's ref together with the project's key; numbers may have gaps. */
  @Column('integer')
  number!: number;

  @Column('text')
  title!: string;

  @Column('text', { default: '' })
  description!: string;

  @Column('text', { default: 'pending' })
  status!: TaskStatus;

  /** 1 (most urgent) to 10. */
  @Column('smallint', { default: 5 })
  priority!: number;

  @Column('smallint', { default: 0 })
  progress_percentage!: number;

  /** In seconds. */
  @Column('integer', { nullable: true })
  estimated_duration!: number | null;

  /** Seconds between the last start and its end. */
  @Column('double precision', { nullable: true })
  actual_duration!: number | null;

  @Column('uuid', { nullable: true })
  assigned_to!: string | null;

  @Column('uuid')
  created_by!: string;

  @Column('text', { array: true, default: [] })
  tags!: string[];

  @Column('jsonb', { default: {} })
  metadata!: Record<string, unknown>;

  @Column('text', { nullable: true })
  command!: string | null;

  @Column('text', { nullable: true })
  working_directory!: string | null;

  @Column('jsonb', { default: {} })
  environment!: Record<string, string>;

  /** In seconds; null for the server's default. */
  @Column('integer', { nullable: true })
  timeout!: number | null;

  @Column('smallint', { default: 0 })
  retry_attempts!: number;

  @Column('jsonb', { default: {} })
  limits!: RunLimits;

  /** Exit codes after which no other attempt follows. */
  @Column('smallint', { array: true, default: [] })
  final_exit_codes!: number[];

  /** The execution that is queued or running, which determines the status; afterwards the last one. */
  @Column('uuid', { nullable: true })
  execution_id!: string | null;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  @Instant({ nullable: true })
  started_at!: Date | null;

  @Instant({ nullable: true })
  completed_at!: Date | null;

  @Instant({ nullable: true })
  deleted_at!: Date | null;

  /** Bytes that the task occupies, including its changes in the history; a trigger maintains it, and the sums in `task_counts`. */
  @Column('bigint', { nullable: true, select: false })
  bytes!: string | null;

  @Column('integer', { default: 1 })
  version!: number;

  /** The search vector; the trigger `set_task_words` maintains it. */
  @Column('tsvector', { select: false, nullable: true })
  words!: string;
}
