import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';
import type { RunLimits } from '../common/run-limits.js';
import type { InputDeclaration } from '../executions/inputs/input-declarations.js';
import type { Concurrency } from '../executions/concurrency.js';

export const taskStatuses = ['pending', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** What kind of work a task is. */
export const taskTypes = [
  'task',
  'bug',
  'issue',
  'improvement',
  'feature',
  'vulnerability',
  'chore',
  'spike',
  'bucket-list',
] as const;
export type TaskType = (typeof taskTypes)[number];

const notDeleted = { where: 'deleted_at IS NULL' };
const claimable = `status = 'pending' AND blocker IS NULL AND NOT is_waiting AND NOT is_archived AND NOT is_draft AND deleted_at IS NULL`;
const listed = { where: 'deleted_at IS NULL AND NOT is_archived AND NOT is_draft' };
/** The columns that every list has a single value of, or reads as several streams; see `TaskListQueries`. */
const stream = ['project_id', 'is_archived', 'is_draft', 'status'];

@Entity('tasks')
@Index('tasks_project_number_key', ['project_id', 'number'], { unique: true })
// each sort of a list has the tasks of a stream in order
@Index('tasks_stream_created', [...stream, 'created_at', 'id'], notDeleted)
@Index('tasks_stream_updated', [...stream, 'updated_at', 'id'], notDeleted)
@Index('tasks_stream_priority', [...stream, 'priority', 'id'], notDeleted)
@Index('tasks_stream_title', [...stream, 'title', 'id'], notDeleted)
@Index('tasks_stream_due', [...stream, 'due_at', 'id'], notDeleted)
@Index('tasks_stream_number', [...stream, 'number', 'id'], notDeleted)
@Index('tasks_project_created', ['project_id', 'created_at', 'id'], listed)
@Index('tasks_created_project', { synchronize: false })
@Index('tasks_assigned_to', ['assigned_to', 'is_archived', 'is_draft', 'created_at'], {
  where: 'deleted_at IS NULL AND assigned_to IS NOT NULL',
})
@Index('tasks_created_by', ['created_by', 'is_archived', 'is_draft', 'created_at'], notDeleted)
// filters by what few tasks have
@Index('tasks_typed', ['type', 'project_id'], { where: "deleted_at IS NULL AND type <> 'task'" })
@Index('tasks_planned', ['project_id'], { where: "deleted_at IS NULL AND planned AND status = 'pending'" })
@Index('tasks_blocked', ['project_id'], { where: 'deleted_at IS NULL AND blocker IS NOT NULL' })
@Index('tasks_due', ['due_at'], { where: "deleted_at IS NULL AND due_at < 'infinity'" })
@Index('tasks_parent', ['parent_id'], { where: 'parent_id IS NOT NULL' })
@Index('tasks_external_ref', ['project_id', 'external_ref'], {
  unique: true,
  where: 'external_ref IS NOT NULL AND deleted_at IS NULL',
})
@Index('tasks_claimable', ['project_id', 'priority', 'number'], {
  where: `${claimable} AND assigned_to IS NULL`,
})
@Index('tasks_claimable_own', ['project_id', 'assigned_to', 'priority', 'number'], {
  where: `${claimable} AND assigned_to IS NOT NULL`,
})
@Index('tasks_waiting', ['id'], { where: 'is_waiting' })
@Index('tasks_words', { synchronize: false })
@Index('tasks_words_unlisted', { synchronize: false })
@Index('tasks_tags', { synchronize: false })
@Index('tasks_tags_unlisted', { synchronize: false })
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

  /** Whether somebody means to do it soon; counts while it is pending. */
  @Column('boolean', { default: false })
  planned!: boolean;

  /** Why the work cannot go on; null when nothing blocks it. */
  @Column('text', { nullable: true })
  blocker!: string | null;

  @Column('text', { default: 'task' })
  type!: TaskType;

  /** The task that this one is a part of, of the same project. */
  @Column('uuid', { nullable: true })
  parent_id!: string | null;

  /** `Infinity` when it is never due, so that it comes last in the order of due dates. */
  @Column({ type: 'timestamptz', precision: 3, default: 'infinity' })
  due_at!: Date | number;

  /** What the work came to. */
  @Column('text', { nullable: true })
  result!: string | null;

  /** Where the task comes from, such as the name of a tool. */
  @Column('text', { nullable: true })
  source!: string | null;

  /** Its name elsewhere; unique in its project. */
  @Column('text', { nullable: true })
  external_ref!: string | null;

  /** The path within the project's repository that it is about. */
  @Column('text', { nullable: true })
  project_path!: string | null;

  /** The number of items of its checklist, and of those that are done. */
  @Column('smallint', { default: 0 })
  checklist_total!: number;

  @Column('smallint', { default: 0 })
  checklist_done!: number;

  /** A draft is in no list and no count, and cannot be run. */
  @Column('boolean', { default: false })
  is_draft!: boolean;

  /** Whether `archived_at` is set; a part of indexes, which a time cannot be. */
  @Column('boolean', { default: false })
  is_archived!: boolean;

  @Instant({ nullable: true })
  archived_at!: Date | null;

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

  /** The program that runs the command; null for that of the project. */
  @Column('text', { nullable: true })
  shell!: string | null;

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

  /** Globs of the files that are kept of its runs. */
  @Column('text', { array: true, default: [] })
  artifacts!: string[];

  /** The inputs that each of its runs takes. */
  @Column('jsonb', { default: [] })
  inputs!: InputDeclaration[];
  /** The group of runs that it runs in; null when it runs beside anything. */
  @Column('jsonb', { nullable: true })
  concurrency!: Concurrency | null;

  /** The labels that a worker must have to run it; null for those of the project. */
  @Column('text', { array: true, nullable: true })
  runs_on!: string[] | null;

  /** The claim of an agent that works on it. While there is one, the task is running, whatever becomes of its runs. */
  @Column('uuid', { nullable: true })
  claim_id!: string | null;

  /** How many claims have lapsed since the task was last free to be claimed. */
  @Column('smallint', { default: 0 })
  claim_lapses!: number;

  /** Whether it depends on a task that is not completed; settled after the change of one, so that it may be out of date for a moment. */
  @Column('boolean', { default: false })
  is_waiting!: boolean;

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
