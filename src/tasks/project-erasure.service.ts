import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import { Database } from '../infra/database.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { IntervalJob } from '../infra/interval-job.js';
import { addUpTasks } from '../infra/rollups/task-rollup.queries.js';
import {
  erasureSteps,
  finishErasure,
  lockErasure,
  unfinishedErasures,
  waitingRunsOf,
  type StepResult,
} from './project-erasure.queries.js';
import { settleWaiting } from './task-claims.queries.js';

const everyMs = 5_000;

/**
 * Removes what projects held that were deleted for good, a few rows in a transaction. Every process does it, and one at a time has a
 * project: a process that is killed leaves no lock behind, and another one begins anew where rows are left.
 */
@Injectable()
export class ProjectErasure implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly job = new IntervalJob((signal) => this.eraseAll(signal));
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly database: Database,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    this.unsubscribe = this.events.on('project.erased', () => this.job.wake());
    this.job.start(everyMs);
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribe?.();
    await this.job.stop();
  }

  private async eraseAll(signal: AbortSignal): Promise<void> {
    const { config, logger } = this.infrastructure;
    try {
      for (const id of await unfinishedErasures(this.database, config.HOUSEKEEPING_SECONDS)) {
        if (signal.aborted) return;
        await this.erase(id, signal);
      }
    } catch (error) {
      logger[isDatabaseAway(error) ? 'debug' : 'warn'](
        { err: error },
        'what a deleted project held could not be removed',
      );
    }
  }

  /** Takes passes over all steps until one finds nothing, since requests that had begun before may still have written something. */
  private async erase(projectId: string, signal: AbortSignal): Promise<void> {
    let isAddedUp = false;
    for (let changed = true; changed;) {
      changed = false;
      for (const step of erasureSteps) {
        for (let after: string | null = ''; after !== null;) {
          if (signal.aborted) return;
          const from: string = after;
          const result = await this.locked(projectId, (tx) => step(tx, projectId, from));
          if (!result) return;
          await this.letGo(result.dependents ?? []);
          if (result.waits) {
            if (isAddedUp) return;
            // a job does it every few seconds; this one may as well
            while (await addUpTasks(this.database));
            isAddedUp = true;
          }
          changed ||= result.changed;
          after = result.after;
        }
      }
    }
    await this.locked(projectId, (tx) => finishErasure(tx, projectId));
  }

  /** Runs a step in a transaction of its own. @returns undefined when another process has the project */
  private locked<T extends StepResult | void>(
    projectId: string,
    work: (tx: Parameters<typeof lockErasure>[0]) => Promise<T>,
  ): Promise<T | undefined> {
    return this.database.transaction(async (tx) =>
      (await lockErasure(tx, projectId)) ? work(tx) : undefined,
    );
  }

  /** Admits what waited for deleted tasks; when the process dies before it has, the reconciler does. */
  private async letGo(taskIds: readonly string[]): Promise<void> {
    if (taskIds.length === 0) return;
    await settleWaiting(this.database, taskIds);
    for (const id of await waitingRunsOf(this.database, taskIds))
      await this.lifecycle.onDependenciesChanged(id);
  }
}
