import type { ActivityEntry } from '../../activity/activity-log.js';
import { joinChosen } from '../../infra/chosen-rows.js';
import type { Queryable } from '../../infra/database.js';
import type { Execution } from '../execution.entity.js';
import {
  applyTransition,
  applyTransitions,
  transitionStatement,
  type PublicExecution,
  type TransitionResult,
} from './transition-statement.js';

const given = `id, task_id, project_id, session_id, requested_by, queue, status, command, working_directory,
  environment, timeout, limits, network, retries_left, final_exit_codes, attempt, retry_of,
  inputs, secret_inputs_id, payload_id, origin_type, origin_id, concurrency_group, concurrency_limit, runs_on, shell, artifacts`;
const inserted = `${given}, not_before, blocked, waits_for_group`;

const inserting = transitionStatement(
  `INSERT INTO executions (${inserted})
   VALUES ($5, $6, $7, $8, $9, $10, 'queued', $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
           $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,
           CASE WHEN $31::float8 > 0 THEN now() + make_interval(secs => $31) END,
           $31 > 0 OR waits_for_tasks($6), $26::text IS NOT NULL)
   RETURNING *`,
  { isNew: true, also: 'e.blocked' },
);

const record = `id uuid, task_id uuid, project_id uuid, session_id uuid, requested_by uuid, queue smallint, command text,
  working_directory text, environment jsonb, timeout integer, limits jsonb, network boolean, retries_left smallint, final_exit_codes smallint[],
  attempt smallint, retry_of uuid, inputs jsonb, secret_inputs_id uuid, payload_id uuid, origin_type text, origin_id uuid,
  concurrency_group text, concurrency_limit integer, runs_on text[], shell text, artifacts text[]`;

const insertingChosen = transitionStatement(
  `INSERT INTO executions (${inserted})
   SELECT ${given.replaceAll(/\w+/g, 'n.$&').replace('n.status', `'queued'`)}, NULL, waits_for_tasks(n.task_id), n.concurrency_group IS NOT NULL
     FROM json_to_recordset($1) AS n (${record}) ${joinChosen('n.id')}
   RETURNING *`,
  { isNew: true, isOfMany: true, also: 'e.blocked' },
);

export type NewExecution = Pick<
  Execution,
  | 'id'
  | 'task_id'
  | 'project_id'
  | 'session_id'
  | 'requested_by'
  | 'queue'
  | 'command'
  | 'shell'
  | 'artifacts'
  | 'working_directory'
  | 'environment'
  | 'timeout'
  | 'limits'
  | 'network'
  | 'retries_left'
  | 'final_exit_codes'
  | 'concurrency_group'
  | 'concurrency_limit'
  | 'runs_on'
  | 'attempt'
  | 'retry_of'
  | 'inputs'
  | 'secret_inputs_id'
  | 'payload_id'
  | 'origin_type'
  | 'origin_id'
> & {
  /** Seconds until it may be admitted. */
  delay: number;
};

/** What most new executions are like. */
export const usualExecution = {
  attempt: 1,
  retry_of: null,
  delay: 0,
  inputs: {},
  secret_inputs_id: null,
  payload_id: null,
  origin_type: null,
  origin_id: null,
  concurrency_group: null,
  concurrency_limit: null,
} satisfies Partial<NewExecution>;

/** Stores a new execution and makes it the current one of its task. */
export async function insertExecution(
  db: Queryable,
  actor: ActivityEntry['actor'],
  e: NewExecution,
): Promise<QueuedResult> {
  const result = await applyTransition<PublicExecution & Pick<Execution, 'blocked'>>(db, inserting, actor, [
    e.id,
    e.task_id,
    e.project_id,
    e.session_id,
    e.requested_by,
    e.queue,
    e.command,
    e.working_directory,
    e.environment,
    e.timeout,
    e.limits,
    e.network,
    e.retries_left,
    e.final_exit_codes,
    e.attempt,
    e.retry_of,
    e.inputs,
    e.secret_inputs_id,
    e.payload_id,
    e.origin_type,
    e.origin_id,
    e.concurrency_group,
    e.concurrency_limit,
    e.runs_on,
    e.shell,
    e.artifacts,
    e.delay,
  ]);
  return result!;
}

export type QueuedResult = TransitionResult<PublicExecution & Pick<Execution, 'blocked'>>;

/**
 * Stores those of many new executions, each of another task and without a delay, that a statement before it in the same transaction has
 * chosen; see `chosen-rows.ts`.
 */
export function insertChosenExecutions(
  db: Queryable,
  executions: readonly NewExecution[],
): Promise<QueuedResult[]> {
  return applyTransitions(db, insertingChosen, [JSON.stringify(executions)]);
}
