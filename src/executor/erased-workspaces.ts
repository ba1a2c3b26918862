import { join } from 'node:path';
import type { Logger } from '../common/logger.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import type { Queryable } from '../infra/database.js';
import type { Events } from '../infra/events.js';
import { IntervalJob } from '../infra/interval-job.js';
import type { Launcher } from './process/launcher.js';

/** How far back a look goes beyond the one before, since an erasure is stored a little after the time that it carries. */
const overlapMs = 3_600_000;

/**
 * Removes the workspaces of projects that were deleted for good from the host of a worker: when it hears of them, and those it has not heard
 * of when it starts or looks again.
 */
export class ErasedWorkspaces {
  private readonly job: IntervalJob;
  private readonly unsubscribe: () => void;
  /** Until when erasures are known; at first, those of all times are looked at. */
  private lookedTo = 0;

  /** @param root the folder with the workspaces of all projects and users */
  constructor(
    private readonly database: Queryable,
    private readonly launcher: Pick<Launcher, 'removeWorkspace' | 'isReady'>,
    private readonly root: string,
    private readonly logger: Logger,
    { events, everyMs }: { events: Events; everyMs: number },
  ) {
    this.job = new IntervalJob(() => this.look());
    this.unsubscribe = events.on('project.erased', ({ project_id }) => this.remove(project_id));
    this.job.start(everyMs, { atOnce: true });
  }

  async stop(): Promise<void> {
    this.unsubscribe();
    await this.job.stop();
  }

  private async look(): Promise<void> {
    if (!this.launcher.isReady) return;
    const begun = Date.now();
    try {
      const erased = await this.database.query<{ id: string }>(
        'SELECT id FROM erased_projects WHERE erased_at >= to_timestamp($1::float8 / 1000)',
        [Math.max(0, this.lookedTo - overlapMs)],
      );
      for (const { id } of erased) this.remove(id);
      this.lookedTo = begun;
    } catch (error) {
      this.logger[isDatabaseAway(error) ? 'debug' : 'warn'](
        { err: error },
        'workspaces of deleted projects could not be looked for',
      );
    }
  }

  private remove(projectId: string): void {
    this.launcher.removeWorkspace(join(this.root, 'projects', projectId));
  }
}
