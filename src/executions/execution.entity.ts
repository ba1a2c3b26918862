import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';
import type { RunLimits } from '../common/run-limits.js';
import type { InputValues } from './inputs/input-declarations.js';
import type { ExecutionReason, ExecutionStatus } from './transitions/execution-state.js';

/** What may start a run in the name of who has made it. */
export const originTypes = ['schedule', 'trigger'] as const;
export type OriginType = (typeof originTypes)[number];

/** One attempt to run one shell command, for a task or ad hoc. */
@Entity('executions')
@Index('executions_task', ['task_id', 'id'])
// the history of a user's commands; runs of tasks are not in it
@Index('executions_commands', ['requested_by', 'status', 'id'], { where: 'task_id IS NULL' })
@Index('executions_lanes', { synchronize: false })
@Index('executions_blocked', ['not_before', 'id'], { where: 'blocked' })
@Index('executions_admitted', ['project_id'], {
  where: "status IN ('queued', 'running') AND admitted_at IS NOT NULL",
})
@Index('executions_active_of', ['account_id', 'admitted_at', 'project_id'], {
  where: "status IN ('queued', 'running')",
})
@Index('executions_group_line', { synchronize: false })
@Index('executions_in_group', ['concurrency_group', 'id'], {
  where: "status IN ('queued', 'running') AND concurrency_group IS NOT NULL",
})
@Index('executions_hold_group', ['concurrency_group'], {
  where: "status IN ('queued', 'running') AND admitted_at IS NOT NULL AND concurrency_group IS NOT NULL",
})
@Index('executions_labelled', ['runs_on', 'admitted_at'], {
  where: "status = 'queued' AND admitted_at IS NOT NULL AND runs_on <> '{}'",
})
@Index('executions_in_line', ['queue', 'boosted', 'id'], { where: "status = 'queued'" })
// not by the end of the lease: a renewal would add an entry to every index
@Index('executions_running', ['id'], { where: "status = 'running'" })
@Index('executions_finished', ['finished_at'], { where: 'finished_at IS NOT NULL' })
@Index('executions_created', ['created_at'])
// ended runs only: it gets one entry for a run, where a run that waits and works is stored several times
@Index('executions_ended_of', ['project_id', 'id'], {
  where: 'finished_at IS NOT NULL AND project_id IS NOT NULL',
})
// the two indexes of the output retention: stored outputs, and outputs that are being removed
@Index('executions_output_kept', ['project_id', 'finished_at'], {
  where: 'output_pruned_at IS NULL AND output_bytes > 0',
})
@Index('executions_payload', ['payload_id'], { where: 'payload_id IS NOT NULL' })
@Index('executions_secret_inputs', ['secret_inputs_id'], { where: 'secret_inputs_id IS NOT NULL' })
@Index('executions_output_pruning', ['id'], { where: 'output_pruning' })
export class Execution {
  @Id()
  id!: string;

  @Column('uuid', { nullable: true })
  task_id!: string | null;

  @Column('uuid', { nullable: true })
  project_id!: string | null;

  @Column('uuid', { nullable: true })
  session_id!: string | null;

  @Column('uuid')
  requested_by!: string;

  /** The user for whose limits it counts: who requested it, or who has made the key that did. Set by a trigger; null in old rows. */
  @Column('uuid', { nullable: true })
  account_id!: string | null;

  /** 0 high, 1 normal, 2 low. */
  @Column('smallint', { default: 1 })
  queue!: number;

  /** True once it has waited so long that it is served before all others. */
  @Column('boolean', { default: false })
  boosted!: boolean;

  @Column('text')
  status!: ExecutionStatus;

  @Column('text', { nullable: true })
  reason!: ExecutionReason | null;

  @Column('text')
  command!: string;

  /** The program that runs it with `-c`: a name that is looked up in PATH, or a path. */
  @Column('text', { default: 'sh' })
  shell!: string;

  /** A path relative to the workspace; empty for its root. */
  @Column('text', { default: '' })
  working_directory!: string;

  @Column('jsonb', { default: {} })
  environment!: Record<string, string>;

  /** In seconds. */
  @Column('integer')
  timeout!: number;

  @Column('jsonb', { default: {} })
  limits!: RunLimits;

  /** False when the command must run without a network. */
  @Column('boolean', { default: true })
  network!: boolean;

  /** How many more attempts may follow when this one fails. */
  @Column('smallint', { default: 0 })
  retries_left!: number;

  /** Exit codes after which no other attempt follows. */
  @Column('smallint', { array: true, default: [] })
  final_exit_codes!: number[];

  /** Globs of the files in the workspace that are kept of it. */
  @Column('text', { array: true, default: [] })
  artifacts!: string[];

  /** How many files that match were left out; final once finished. */
  @Column('integer', { default: 0 })
  artifacts_omitted!: number;

  /** Why some were left out, in words for people. */
  @Column('text', { nullable: true })
  artifacts_error!: string | null;

  /** The values of its inputs by name, without those of secrets. */
  @Column('jsonb', { default: {} })
  inputs!: InputValues;

  /** The values of its secret inputs; null when there are none. */
  @Column('uuid', { nullable: true })
  secret_inputs_id!: string | null;

  /** The message that has started it, which the command gets as files; null when there was none. */
  @Column('uuid', { nullable: true })
  payload_id!: string | null;

  /** What has started it; null when somebody has. */
  @Column('text', { nullable: true })
  origin_type!: OriginType | null;

  /** The schedule or trigger that has started it. */
  @Column('uuid', { nullable: true })
  origin_id!: string | null;
  /** The concurrency group, in which at most `concurrency_limit` runs are admitted at a time, of the whole installation. */
  @Column('text', { nullable: true })
  concurrency_group!: string | null;

  @Column('integer', { nullable: true })
  concurrency_limit!: number | null;

  /** True while it waits for a place in its group, and so stands in no line of its project. */
  @Column('boolean', { default: false })
  waits_for_group!: boolean;

  /** The labels that a worker must have to run it, sorted. */
  @Column('text', { array: true, default: [] })
  runs_on!: string[];

  /** 1 for the first attempt. */
  @Column('smallint', { default: 1 })
  attempt!: number;

  /** The failed attempt of which this one is the retry. */
  @Column('uuid', { nullable: true })
  retry_of!: string | null;

  /** The end of the backoff of a retry; it is not admitted before. */
  @Instant({ nullable: true })
  not_before!: Date | null;

  /** True while it waits for a task or its backoff. */
  @Column('boolean', { default: false })
  blocked!: boolean;

  @CreatedInstant()
  created_at!: Date;

  /** When it was handed to the queue; until then it waits in Postgres for what blocks it. */
  @Instant({ nullable: true })
  admitted_at!: Date | null;

  @Instant({ nullable: true })
  started_at!: Date | null;

  @Instant({ nullable: true })
  finished_at!: Date | null;

  /** A signal N shows as -N. */
  @Column('integer', { nullable: true })
  exit_code!: number | null;

  @Column('integer', { nullable: true })
  pid!: number | null;

  @Column('uuid', { nullable: true })
  worker_id!: string | null;

  /** The fencing token: rises with each claim, and writes with an older one are refused. */
  @Column('integer', { default: 0 })
  generation!: number;

  @Instant({ nullable: true })
  lease_expires_at!: Date | null;

  @Instant({ nullable: true })
  cancel_requested_at!: Date | null;

  @Column('uuid', { nullable: true })
  cancelled_by!: string | null;

  @Column('text', { nullable: true })
  cancel_reason!: string | null;

  /** What went wrong, in words for people, when the exit code does not show it. */
  @Column('text', { nullable: true })
  error!: string | null;

  /** Bytes of output stored; final once finished. */
  @Column('bigint', { default: 0, transformer: { to: (value: number) => value, from: Number } })
  output_bytes!: number;

  /** Bytes of output that were not stored because they exceeded the limit; final once finished. */
  @Column('bigint', { default: 0, transformer: { to: (value: number) => value, from: Number } })
  output_omitted!: number;

  /** When its output was removed by the retention; `output_bytes` keeps the size that it had. */
  @Instant({ nullable: true })
  output_pruned_at!: Date | null;

  /** True while segments of a removed output may still be stored. */
  @Column('boolean', { default: false })
  output_pruning!: boolean;
}
