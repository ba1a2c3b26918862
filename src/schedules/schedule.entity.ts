import { Column, Entity, Index } from 'typeorm';
import type { Concurrency } from '../executions/concurrency.js';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

export const overlapPolicies = ['skip', 'queue', 'replace', 'allow'] as const;
export const catchUpPolicies = ['latest', 'none', 'all'] as const;

/** Values of inputs by their names; those of secrets are sealed elsewhere. */
export type InputValues = Record<string, string | number | boolean>;

/** What starts runs at certain times. */
@Entity('schedules')
@Index('schedules_due', ['due_at'], { where: 'due_at IS NOT NULL' })
@Index('schedules_account_due', ['account_id', 'due_at'], { where: 'due_at IS NOT NULL' })
@Index('schedules_project', ['project_id', 'id'])
@Index('schedules_task', ['task_id'], { where: 'task_id IS NOT NULL' })
@Index('schedules_deleted', ['id'], { where: 'deleted_at IS NOT NULL' })
export class Schedule {
  @Id()
  id!: string;

  @Column('uuid')
  project_id!: string;

  @Column('text')
  name!: string;

  @Column('text', { default: '' })
  description!: string;

  @Column('boolean', { default: true })
  enabled!: boolean;

  @Column('text', { nullable: true })
  cron!: string | null;

  /** In seconds. */
  @Column('integer', { nullable: true })
  every!: number | null;

  /** Null for that of its project. */
  @Column('text', { nullable: true })
  timezone!: string | null;

  /** The task that it runs; null when it makes one from its template each time. */
  @Column('uuid', { nullable: true })
  task_id!: string | null;

  /** The body of a request that makes a task, without the project. */
  @Column('jsonb', { nullable: true })
  template!: Record<string, unknown> | null;

  @Column('jsonb', { default: {} })
  inputs!: InputValues;

  /** The values of secret inputs as JSON, encrypted; see `common/secret-box.ts`. */
  @Column('bytea', { nullable: true })
  sealed_inputs!: Buffer | null;

  @Column('text', { default: 'normal' })
  priority!: 'high' | 'normal' | 'low';

  @Column('text', { default: 'skip' })
  overlap!: (typeof overlapPolicies)[number];

  /** The concurrency group of its runs in place of that of the task; null for that of the task. */
  @Column('jsonb', { nullable: true })
  concurrency!: Concurrency | null;

  @Column('text', { default: 'latest' })
  catch_up!: (typeof catchUpPolicies)[number];

  @Instant({ nullable: true })
  starts_at!: Date | null;

  @Instant({ nullable: true })
  ends_at!: Date | null;

  @Column('integer', { default: 0 })
  jitter_seconds!: number;

  /** After how many failed runs in a row it is switched off; null for never. */
  @Column('integer', { nullable: true })
  disable_after_failures!: number | null;

  /** When Millrace switched it off. */
  @Instant({ nullable: true })
  disabled_at!: Date | null;

  @Column('text', { nullable: true })
  disabled_reason!: string | null;

  /** Runs of occurrences before this time do not count as failures in a row: it was switched on then. */
  @CreatedInstant()
  counted_from!: Date;

  /** The next occurrence; null when it is switched off or has none. */
  @Instant({ nullable: true })
  next_at!: Date | null;

  /** When the next occurrence fires: `next_at` and its jitter. */
  @Instant({ nullable: true })
  due_at!: Date | null;

  /** The time zone for which `next_at` was computed. */
  @Column('text', { default: 'UTC' })
  planned_zone!: string;

  /** Until when one process has taken the next occurrence; then it is free for any again. */
  @Instant({ nullable: true })
  claimed_until!: Date | null;

  /** The user with whose rights it runs. */
  @Column('uuid')
  created_by!: string;

  /** The account of that user, which the database sets: the user, or the one who has made the key. */
  @Column('uuid', { nullable: true })
  account_id!: string | null;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  @Instant({ nullable: true })
  deleted_at!: Date | null;

  @Column('integer', { default: 1 })
  version!: number;
}
