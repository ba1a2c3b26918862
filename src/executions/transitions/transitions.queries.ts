import type { ActivityEntry } from '../../activity/activity-log.js';
import type { Queryable, Transaction } from '../../infra/database.js';
import { statesBefore, type Outcome } from './execution-state.js';
import type { Execution } from '../execution.entity.js';
import { isSuspended } from '../admission/admission.queries.js';
import { addingUsage } from '../output-usage.queries.js';
import { mayStillRun } from '../run-rights.js';
import {
  applyTransition,
  columnsOf,
  transitionStatement,
  type TransitionResult,
  type PublicExecution,
} from './transition-statement.js';

/** The columns that a worker needs to run an execution, besides the published ones. */
const needed = [
  'command',
  'shell',
  'artifacts',
  'working_directory',
  'environment',
  'timeout',
  'limits',
  'network',
  'retry_of',
  'inputs',
  'secret_inputs_id',
  'payload_id',
  'generation',
  'concurrency_group',
] as const;

export type ClaimedExecution = PublicExecution &
  Pick<Execution, (typeof needed)[number]> & {
    has_secrets: boolean;
    /** The project's, or the requester's for a command without a project; null until a run first needs one. See `commandUser`. */
    command_user_number: number | null;
  };

const claimed = {
  also: `${columnsOf(needed)}, (e.secret_inputs_id IS NOT NULL OR EXISTS (SELECT 1 FROM project_secrets s WHERE s.project_id = e.project_id)) AS has_secrets,
       CASE WHEN e.project_id IS NULL
            THEN (SELECT o.command_user_number FROM users o WHERE o.id = e.requested_by)
            ELSE (SELECT o.command_user_number FROM projects o WHERE o.id = e.project_id) END AS command_user_number`,
};

const claiming = transitionStatement(
  `UPDATE executions e SET status = 'running', worker_id = $6, generation = generation + 1, started_at = now(),
          lease_expires_at = now() + make_interval(secs => $7)
    WHERE id = $5 AND status = ANY($8) AND admitted_at IS NOT NULL AND runs_on <@ $9::text[] AND NOT ${isSuspended} AND ${mayStillRun}
   RETURNING *`,
  claimed,
);

const renewingClaim = transitionStatement(
  `UPDATE executions e SET lease_expires_at = now() + make_interval(secs => $7)
    WHERE id = $5 AND status = 'running' AND worker_id = $6
   RETURNING *`,
  claimed,
);

/**
 * Claims an admitted execution for a worker and sets it running.
 * @param labels the labels of the worker
 * @returns undefined when another worker has claimed it, it is no longer admitted, the worker lacks a label, or its requester has lost the
 * right to run it
 */
export function claim(
  db: Queryable,
  id: string,
  workerId: string,
  leaseSeconds: number,
  labels: readonly string[],
): Promise<TransitionResult<ClaimedExecution> | undefined> {
  return applyTransition(db, claiming, null, [id, workerId, leaseSeconds, statesBefore('running'), labels]);
}

/**
 * Takes up a claim of a worker that was committed, although the connection broke before the worker could know.
 * @returns undefined when the worker has no such claim
 */
export function renewClaim(
  db: Queryable,
  id: string,
  workerId: string,
  leaseSeconds: number,
): Promise<TransitionResult<ClaimedExecution> | undefined> {
  return applyTransition(db, renewingClaim, null, [id, workerId, leaseSeconds]);
}

/** The condition under which a write may end an execution: it is fenced off when the generation, the state or the lease has changed. */
export type EndGuard = { generation: number } | { queued: true } | { leaseExpired: true };

const guards = {
  generation: (value: string) => `status = 'running' AND generation = ${value}::int`,
  queued: (value: string) => `status = 'queued' AND ${value}::int IS NULL`,
  leaseExpired: (value: string) =>
    `status = 'running' AND lease_expires_at < now() AND ${value}::int IS NULL`,
};

/** Builds the statement that ends an execution if the guard holds. @param first the number of its first parameter */
function endOf(guard: keyof typeof guards, first: number): string {
  const $ = (n: number) => `$${first + n}`;
  return `UPDATE executions SET status = ${$(1)}, reason = ${$(2)}, exit_code = ${$(3)}, error = ${$(4)}, finished_at = now(),
            lease_expires_at = NULL, pid = NULL, blocked = false, waits_for_group = false, output_bytes = coalesce(${$(5)}, output_bytes), output_omitted = ${$(6)}
      WHERE id = ${$(0)} AND status = ANY(${$(7)}) AND ${guards[guard]($(8))}
      RETURNING *`;
}

const ends = {
  generation: endOf('generation', 1),
  queued: endOf('queued', 1),
  leaseExpired: endOf('leaseExpired', 1),
};

const endValues = (id: string, outcome: Outcome, outputBytes: number | null, generation: number | null) => [
  id,
  outcome.status,
  outcome.reason,
  outcome.exitCode,
  outcome.error ?? null,
  outputBytes,
  outcome.omitted ?? 0,
  statesBefore(outcome.status),
  generation,
];

/**
 * Writes the end of an execution, if the guard still holds; call `syncTask` after it.
 * @param outputBytes how much output is stored
 */
export async function end(
  tx: Transaction,
  id: string,
  guard: EndGuard,
  outcome: Outcome,
  outputBytes: number,
): Promise<Execution | undefined> {
  const [text, generation] =
    'generation' in guard
      ? [ends.generation, guard.generation]
      : [ends['queued' in guard ? 'queued' : 'leaseExpired'], null];
  const [execution] = await tx.query<Execution>(text, endValues(id, outcome, outputBytes, generation));
  return execution;
}

const syncing = transitionStatement('SELECT * FROM executions WHERE id = $5');

/** Brings the task of an execution in line with it, if the execution is its current one. */
export async function syncTask(
  tx: Transaction,
  actor: ActivityEntry['actor'],
  id: string,
): Promise<TransitionResult> {
  return (await applyTransition(tx, syncing, actor, [id]))!;
}

const completing = transitionStatement(endOf('generation', 5));
const completingWithOutput = transitionStatement(endOf('generation', 5), {
  stored: `stored AS (${addingUsage('SELECT coalesce(e.project_id, e.requested_by), $10::bigint FROM e')})`,
});

/**
 * Ends a successful execution, with its task and the counters of stored bytes, in one statement.
 * @returns undefined when the worker of this generation no longer holds the lease
 */
export function complete(
  db: Queryable,
  { id, generation }: Pick<Execution, 'id' | 'generation'>,
  outcome: Outcome & { status: 'completed' },
  outputBytes: number,
): Promise<TransitionResult | undefined> {
  const text = outputBytes > 0 ? completingWithOutput : completing;
  return applyTransition(db, text, null, endValues(id, outcome, outputBytes, generation));
}
