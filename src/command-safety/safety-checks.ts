import { createHash } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import { AppError } from '../common/errors.js';
import { accountOf, may, type Actor } from '../common/permissions.js';
import { Infrastructure } from '../infra/infrastructure.js';
import type { Analysis, AnalyseOptions } from './analyse.js';
import { SafetyThread } from './safety-thread.js';

/** The number of cached analyses, since the same commands are run again and again. */
const maxRecent = 500;
/** The time after which a command whose analysis timed out is analysed again, since the machine may have been busy. */
const overrunMs = 60_000;
/** After an analysis longer than this, the other thread analyses the user's commands for a while. 99 of 100 take less than 2 ms. */
const slowMs = 50;
const slowForMs = 60_000;
const maxSlowUsers = 10_000;

/** The purpose of an analysis: the command is about to run, or its safety is queried. */
export type Purpose = 'run' | 'validate';

/** What else a verdict depends on. */
export type Circumstances = Pick<AnalyseOptions, 'environment' | 'shell'>;

interface CachedAnalysis {
  userId: string;
  analysis: Promise<Analysis>;
  /** Absent until the analysis has ended. */
  safe?: boolean;
  until: number;
}

/** Checks commands before they run. It is a heuristic that catches mistakes: isolation is provided by the user that a command runs as. */
@Injectable()
export class SafetyChecks implements OnApplicationShutdown {
  /** Analyses commands that are about to run. */
  private readonly runs = new SafetyThread(500);
  /** Analyses the commands of users whose commands take long, and those whose safety is only queried. */
  private readonly lowPriority = new SafetyThread(4, true);
  private readonly safeFolders: readonly string[];
  /** The cached analyses by the hash of command, environment and shell, in the order in which they were added. */
  private readonly recent = new Map<string, CachedAnalysis>();
  /** The time until which each user counts as slow. */
  private readonly slow = new Map<string, number>();

  constructor({ config }: Infrastructure) {
    this.safeFolders =
      config.WORKSPACE_ROOT === undefined ? [join(config.DATA_DIR, 'workspaces')] : [config.WORKSPACE_ROOT];
  }

  /**
   * Returns the analysis of a command, from the cache if possible.
   * @param userId the user in whose turn it is analysed
   * @param command at most 64 KiB
   * @param circumstances the environment and the shell of the command
   * @throws RATE_LIMIT_EXCEEDED when too many commands of the user wait
   */
  async analyse(
    userId: string,
    command: string,
    purpose: Purpose,
    circumstances: Circumstances = {},
  ): Promise<Analysis> {
    const key = keyOf(command, circumstances);
    const cached = this.recent.get(key);
    // a pending analysis of another user may have a late turn, so it is not shared
    const isUsable = cached && (cached.safe !== undefined || cached.userId === userId);
    if (isUsable && cached.until > Date.now()) return cached.analysis;
    return this.analyseUncached(key, userId, purpose, command, circumstances);
  }

  /** Whether an analysis for a user took so long lately that no other user's should wait for the next one. */
  isSlow(userId: string): boolean {
    return (this.slow.get(userId) ?? 0) > Date.now();
  }

  /** Whether a cached analysis found a command safe. */
  isKnownAsSafe(command: string, circumstances: Circumstances): boolean {
    return this.recent.get(keyOf(command, circumstances))?.safe === true;
  }

  /**
   * Refuses a command that looks destructive, unless an administrator allows it.
   * @throws COMMAND_UNSAFE with the warnings; AUTH_INSUFFICIENT_PERMISSIONS for `allowUnsafe` without the role; RATE_LIMIT_EXCEEDED
   */
  async refuseUnsafe(
    actor: Actor,
    command: string,
    allowUnsafe = false,
    circumstances: Circumstances = {},
  ): Promise<void> {
    if (allowUnsafe && !may(actor, 'admin')) {
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { field: 'allow_unsafe', required: 'admin' });
    }
    if (allowUnsafe) return;
    const { safe, warnings, suggestions } = await this.analyse(
      accountOf(actor),
      command,
      'run',
      circumstances,
    );
    if (!safe) throw new AppError('COMMAND_UNSAFE', { warnings, suggestions });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.runs.close(), this.lowPriority.close()]);
  }

  private async analyseUncached(
    key: string,
    userId: string,
    purpose: Purpose,
    command: string,
    { environment, shell }: Circumstances,
  ): Promise<Analysis> {
    const thread = purpose === 'run' && !this.isSlow(userId) ? this.runs : this.lowPriority;
    const outcome = thread.analyse(userId, command, { environment, shell, safeFolders: this.safeFolders });
    const cached: CachedAnalysis = {
      userId,
      analysis: outcome.then(({ analysis }) => analysis),
      until: Infinity,
    };
    // the callers handle the rejection
    cached.analysis.catch(() => undefined);
    if (this.recent.size >= maxRecent) this.recent.delete(this.recent.keys().next().value!);
    this.recent.set(key, cached);
    try {
      const { analysis, tookMs } = await outcome;
      if (tookMs === undefined) cached.until = Date.now() + overrunMs;
      if (tookMs === undefined || tookMs > slowMs) this.noteSlow(userId);
      cached.safe = analysis.safe;
      return analysis;
    } catch (error) {
      // what breaks the thread costs the start of another one, for which only slow users should wait
      if (!(error instanceof AppError)) this.noteSlow(userId);
      if (this.recent.get(key) === cached) this.recent.delete(key);
      throw error;
    }
  }

  private noteSlow(userId: string): void {
    if (this.slow.size >= maxSlowUsers) this.slow.clear();
    this.slow.set(userId, Date.now() + slowForMs);
  }
}

function keyOf(command: string, { environment, shell }: Circumstances): string {
  return createHash('sha256')
    .update(JSON.stringify([command, environment, shell]))
    .digest('base64');
}
