import { createHash } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import { AppError } from '../common/errors.js';
import { may, type Actor } from '../common/permissions.js';
import { Infrastructure } from '../infra/infrastructure.js';
import type { Analysis } from './analyse.js';
import { SafetyThread } from './safety-thread.js';

/** The same commands are run again and again; the judgement of this many is remembered. */
const maxRecent = 500;
/** The time after which a command whose analysis timed out is analysed again, since the machine may have been busy. */
const overrunMs = 60_000;
/** Whose commands take longer than this is waited for by nobody else for a while: 99 of 100 take less than 2 ms. */
const slowMs = 50;
const slowForMs = 60_000;
const maxSlowUsers = 10_000;

/** The purpose of an analysis: the command is about to run, or its safety is queried. */
export type Purpose = 'run' | 'validate';

interface Judgement {
  userId: string;
  analysis: Promise<Analysis>;
  /** Absent until there is an answer. */
  safe?: boolean;
  until: number;
}

/** Judges commands before they run. It is a heuristic that catches mistakes: isolation is provided by the user that a command runs as. */
@Injectable()
export class CommandSafety implements OnApplicationShutdown {
  /** Commands that are to run wait for no others than such, … */
  private readonly runs = new SafetyThread(500);
  /** … but those of users whose commands are hard to read wait here, with what is only asked. */
  private readonly others = new SafetyThread(4, true);
  private readonly safeFolders: readonly string[];
  /** By what was judged, in the order in which it was asked first. */
  private readonly recent = new Map<string, Judgement>();
  /** Users, and until when they count as slow. */
  private readonly slow = new Map<string, number>();

  constructor({ config }: Infrastructure) {
    this.safeFolders =
      config.WORKSPACE_ROOT === undefined ? [join(config.DATA_DIR, 'workspaces')] : [config.WORKSPACE_ROOT];
  }

  /**
   * Looks through a command; what it is to be called is up to the caller.
   * @param userId whose turn it takes
   * @param command at most 64 KiB
   * @param environment variables that the command is given
   * @throws RATE_LIMIT_EXCEEDED when too many commands of the user wait
   */
  async analyse(
    userId: string,
    command: string,
    purpose: Purpose,
    environment?: Readonly<Record<string, string>>,
  ): Promise<Analysis> {
    const key = keyOf(command, environment);
    const known = this.recent.get(key);
    // what somebody else asked may wait for a turn that comes late
    const isUsable = known && (known.safe !== undefined || known.userId === userId);
    if (isUsable && known.until > Date.now()) return known.analysis;
    return this.judge(key, userId, purpose, command, environment);
  }

  /** Tells whether a cached analysis found a command safe. */
  isKnownAsSafe(command: string, environment?: Readonly<Record<string, string>>): boolean {
    return this.recent.get(keyOf(command, environment))?.safe === true;
  }

  /**
   * Refuses a command that looks destructive, unless an administrator insists.
   * @throws COMMAND_UNSAFE with the warnings; AUTH_INSUFFICIENT_PERMISSIONS when somebody else insists; RATE_LIMIT_EXCEEDED
   */
  async refuseUnsafe(
    actor: Actor,
    command: string,
    allowUnsafe = false,
    environment?: Readonly<Record<string, string>>,
  ): Promise<void> {
    if (allowUnsafe && !may(actor, 'admin')) {
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { field: 'allow_unsafe', required: 'admin' });
    }
    if (allowUnsafe) return;
    const { safe, warnings, suggestions } = await this.analyse(actor.id, command, 'run', environment);
    if (!safe) throw new AppError('COMMAND_UNSAFE', { warnings, suggestions });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.runs.close(), this.others.close()]);
  }

  private async judge(
    key: string,
    userId: string,
    purpose: Purpose,
    command: string,
    environment?: Readonly<Record<string, string>>,
  ): Promise<Analysis> {
    const thread = purpose === 'run' && !this.isSlow(userId) ? this.runs : this.others;
    const asked = thread.analyse(userId, command, { environment, safeFolders: this.safeFolders });
    const judgement: Judgement = {
      userId,
      analysis: asked.then(({ analysis }) => analysis),
      until: Infinity,
    };
    // whoever waits for it hears of it
    judgement.analysis.catch(() => undefined);
    if (this.recent.size >= maxRecent) this.recent.delete(this.recent.keys().next().value!);
    this.recent.set(key, judgement);
    try {
      const { analysis, tookMs } = await asked;
      if (tookMs === undefined) judgement.until = Date.now() + overrunMs;
      if (tookMs === undefined || tookMs > slowMs) this.noteSlow(userId);
      judgement.safe = analysis.safe;
      return analysis;
    } catch (error) {
      if (this.recent.get(key) === judgement) this.recent.delete(key);
      throw error;
    }
  }

  private isSlow(userId: string): boolean {
    return (this.slow.get(userId) ?? 0) > Date.now();
  }

  private noteSlow(userId: string): void {
    if (this.slow.size >= maxSlowUsers) this.slow.clear();
    this.slow.set(userId, Date.now() + slowForMs);
  }
}

function keyOf(command: string, environment?: Readonly<Record<string, string>>): string {
  return createHash('sha256')
    .update(JSON.stringify([command, environment]))
    .digest('base64');
}
