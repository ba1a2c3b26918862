import { nilId } from '../../common/ids.js';
import type { ConnectionPool } from '../../infra/database.js';
import type { Infrastructure } from '../../infra/infrastructure.js';
import { unblockForgotten, waitingForTask } from '../admission/admission.queries.js';

/**
 * Fails the executions that wait for tasks which have failed or were cancelled. It does so in the background and one at a time, each in a
 * transaction of its own: thousands may wait for one task, each takes some 7 ms, and the live feed holds back what follows an open
 * transaction. What a process has not come to when it ends is found by `settleForgotten`.
 */
export class FailedDependencies {
  /** The tasks whose dependents are to fail, with the dependent behind which the search goes on. */
  private readonly searches = new Map<string, string>();
  private isServing = false;
  /** Where the search for forgotten executions goes on. */
  private lookedAt = nilId;

  /** @param fail fails an execution in a transaction of its own, if it still waits in vain */
  constructor(
    private readonly database: ConnectionPool,
    private readonly infrastructure: Infrastructure,
    private readonly fail: (executionId: string) => Promise<void>,
  ) {}

  /** Fails what waits for a task, after the commit that has failed or cancelled it. */
  failDependents(taskId: string): void {
    this.searches.set(taskId, nilId);
    void this.serve();
  }

  /**
   * Looks at some of the executions that wait for tasks, since the process that was to admit or to fail them may have died. Those that
   * wait in vain are failed in the background; while others are being failed, they are left to a later look.
   */
  async settleForgotten(): Promise<void> {
    const { last, inVain } = await unblockForgotten(this.database, this.lookedAt);
    this.lookedAt = last;
    if (inVain.length > 0) void this.serve(inVain);
  }

  /** Fails executions, and then a batch of each task in turn, so that those of one task do not wait for thousands of another. */
  private async serve(inVain: readonly string[] = []): Promise<void> {
    if (this.isServing) return;
    this.isServing = true;
    await this.failAll(inVain);
    // what is added meanwhile is visited, too
    for (const [taskId, after] of this.searches) {
      this.searches.delete(taskId);
      const last = await this.failBatch(taskId, after);
      // when the task has ended anew meanwhile, its search has begun anew
      if (last !== nilId && !this.searches.has(taskId)) this.searches.set(taskId, last);
    }
    this.isServing = false;
  }

  /** Fails a batch of what waits for a task. @returns the dependent to go on after, the nil id at the end or after a fault */
  private async failBatch(taskId: string, after: string): Promise<string> {
    try {
      const { ids, last } = await waitingForTask(this.database, taskId, after);
      return (await this.failAll(ids)) ? last : nilId;
    } catch (error) {
      this.noteFailure(error);
      return nilId;
    }
  }

  /** @returns whether all could be failed; the others are found again by the reconciler, of this process or of another one */
  private async failAll(ids: readonly string[]): Promise<boolean> {
    try {
      for (const id of ids) {
        if (this.infrastructure.draining) return false;
        await this.fail(id);
      }
      return true;
    } catch (error) {
      this.noteFailure(error);
      return false;
    }
  }

  private noteFailure(error: unknown): void {
    this.infrastructure.logger.debug({ err: error }, 'dependents could not be failed and are tried again');
  }
}
