import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { toInstant } from '../common/fields.js';
import { Database } from '../infra/database.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { IntervalJob } from '../infra/interval-job.js';
import { recordLostClaim, recordTaskChange } from '../tasks/task-activity.js';
import { lapsedAtOnce, lapsedClaims, lockLapsed, passLimits, reopen, type Lapsed } from './claims.queries.js';

const everyMs = 1_000;
/** After how long it is tried again to end a claim that could not be ended, and how many of those are remembered. */
const restMs = 10_000;
const mostResting = 10_000;
/** How many claims of a task may lapse until it is blocked, where its project does not say. */
const defaultMaxClaims = 5;

/** Opens tasks again whose claims have lapsed. Every process does it; only one of them can end a claim. */
@Injectable()
export class LapsedClaims implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly job = new IntervalJob(async (signal) => void (await this.sweep(signal)));
  /** The claims that could not be ended, with the time until which they are passed over. */
  private readonly restingUntil = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    this.job.start(everyMs);
  }

  onApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }

  /** Ends the claims that have lapsed. @returns how many this process has ended */
  async sweep(signal?: AbortSignal): Promise<number> {
    const failures: { id: string; err: unknown }[] = [];
    let ended = 0;
    try {
      for (let last: Lapsed | undefined, isFull = true; isFull && !signal?.aborted;) {
        const lapsed = await lapsedClaims(this.database, last);
        for (const { id } of lapsed) {
          if (signal?.aborted) break;
          // one that cannot be ended keeps no other from it
          const { err, isEnded } = await this.attempt(id);
          if (isEnded) ended += 1;
          if (err !== undefined) failures.push({ id, err });
        }
        last = lapsed.at(-1);
        isFull = lapsed.length === lapsedAtOnce;
      }
    } catch (error) {
      this.infrastructure.logger[isDatabaseAway(error) ? 'debug' : 'warn'](
        { err: error },
        'claims that have lapsed could not be ended',
      );
    }
    const [first] = failures;
    if (first)
      this.infrastructure.logger.warn(
        { err: first.err, claim_id: first.id, claims: failures.length },
        'claims that have lapsed could not be ended, will try again later',
      );
    return ended;
  }

  /**
   * Ends a claim that has lapsed, unless that has failed a short while ago.
   * @returns whether it was this process that has ended it, and why it could not be ended
   * @throws when the database is away
   */
  private async attempt(id: string): Promise<{ isEnded: boolean; err?: unknown }> {
    if ((this.restingUntil.get(id) ?? 0) > Date.now()) return { isEnded: false };
    try {
      const isEnded = await this.lapse(id);
      this.restingUntil.delete(id);
      return { isEnded };
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      if (this.restingUntil.size >= mostResting) this.restingUntil.clear();
      this.restingUntil.set(id, Date.now() + restMs);
      return { isEnded: false, err: error };
    }
  }

  /** @returns whether it was this process that has ended the claim */
  private async lapse(id: string): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const claim = await lockLapsed(tx, id, defaultMaxClaims);
      if (!claim) return false;
      const { lapses, username } = claim;
      const isOver = lapses >= claim.max_claims;
      const after = {
        status: claim.run_status ?? 'pending',
        blocker: isOver ? `${lapses} claims have lapsed, the last one of ${username}` : null,
        assigned_to: claim.was_assigned || claim.assigned_to !== claim.user_id ? claim.assigned_to : null,
        // clearing the blocker begins anew
        lapses: isOver ? 0 : lapses,
      };
      await passLimits(tx);
      const updatedAt = await reopen(tx, claim, after);
      const task = { ...claim, id: claim.task_id };
      const { status, blocker } = after;
      const lost = { claim_id: id, user_id: claim.user_id, reason: 'lapsed' } as const;
      recordLostClaim(this.activity, tx, null, task, lost);
      recordTaskChange(this.activity, tx, task, {
        actor: null,
        action: 'status_changed',
        oldValue: 'running',
        newValue: status,
        event: {
          name: 'task.updated',
          data: {
            task_id: task.id,
            project_id: task.project_id,
            title: task.title,
            status,
            ...(blocker === null ? {} : { changes: ['blocker'] }),
          },
        },
        task: { status, progress_percentage: task.progress_percentage, updated_at: toInstant(updatedAt) },
      });
      if (blocker !== null)
        recordTaskChange(this.activity, tx, task, {
          actor: null,
          action: 'updated',
          oldValue: { blocker: null },
          newValue: { blocker },
        });
      return true;
    });
  }
}
