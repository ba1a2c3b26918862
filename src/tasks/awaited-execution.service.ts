import { Injectable } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import type { Actor } from '../common/permissions.js';
import { ExecutionWaiter } from '../executions/execution-waiter.js';
import { ExecutionsService } from '../executions/executions.service.js';
import { RequestTurns } from '../request-limits/request-turns.js';
import type { ExecutedTask, ExecuteTaskBody } from './task-execution.schema.js';
import { TaskExecutionService } from './task-execution.service.js';

/** Runs tasks for requests that may wait for the end of the run. */
@Injectable()
export class AwaitedExecutionService {
  constructor(
    private readonly runs: TaskExecutionService,
    private readonly waiter: ExecutionWaiter,
    private readonly executions: ExecutionsService,
    private readonly actors: Actors,
    private readonly turns: RequestTurns,
  ) {}

  /**
   * Queues a run of a task and waits for its end, if that was asked for. Only the request for the run takes a turn of the actor: while it
   * waits it holds neither that nor a database connection.
   * @param gone ends the wait, when the client has disconnected; the run goes on
   * @returns the end of the last attempt, or how the run is queued when it has not ended within `wait_seconds`
   * @throws what `TaskExecutionService.execute` throws; RESOURCE_NOT_FOUND when the actor may not see the run any more
   */
  async execute(
    actor: Actor,
    name: string,
    { wait_seconds, ...input }: ExecuteTaskBody,
    gone: AbortSignal,
  ): Promise<ExecutedTask> {
    const queued = await this.turns.take(actor, async () =>
      this.runs.execute(await this.actors.confirm(actor, 'execute'), name, input),
    );
    const answer: ExecutedTask = { ...queued, exit_code: null, execution: null };
    if (wait_seconds === 0) return answer;
    const { id } = await this.waiter.untilLastEnded(queued.execution_id, wait_seconds * 1000, gone);
    const execution = await this.executions.show(actor, id);
    const { status, exit_code } = execution;
    if (status !== 'completed' && status !== 'failed' && status !== 'cancelled') return answer;
    const ended = { status, exit_code, execution, execution_id: id };
    return { ...answer, ...ended, queue_position: null, estimated_start_time: null, why_waiting: null };
  }
}
