import { createHash } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import { AppError } from '../../common/errors.js';
import { may, type Actor } from '../../common/permissions.js';
import { Infrastructure } from '../../infra/infrastructure.js';
import type { Analysis } from './analyse.js';
import { SafetyThread } from './safety-thread.js';

/** The same commands are run again and again; the judgement of this many is remembered. */
const maxRecent = 500;

/** Judges commands before they run. A heuristic that catches mistakes: what isolates a command is the user it runs as. */
@Injectable()
export class CommandSafety implements OnApplicationShutdown {
  private readonly thread = new SafetyThread();
  private readonly safeFolders: readonly string[];
  private readonly recent = new Map<string, Promise<Analysis>>();
  private readonly safe = new Set<string>();

  constructor({ config }: Infrastructure) {
    this.safeFolders =
      config.WORKSPACE_ROOT === undefined ? [join(config.DATA_DIR, 'workspaces')] : [config.WORKSPACE_ROOT];
  }

  /**
   * Looks through a command; what it is to be called is up to the caller.
   * @param command at most 64 KiB
   * @param environment variables that the command is given
   */
  analyse(command: string, environment?: Readonly<Record<string, string>>): Promise<Analysis> {
    const key = keyOf(command, environment);
    const known = this.recent.get(key);
    if (known) return known;
    const analysis = this.thread.analyse(command, { environment, safeFolders: this.safeFolders });
    if (this.recent.size >= maxRecent) {
      this.recent.clear();
      this.safe.clear();
    }
    this.recent.set(key, analysis);
    void analysis.then(({ safe }) => {
      if (safe) this.safe.add(key);
      // a refusal may only mean that the machine was busy
      else this.recent.delete(key);
    });
    return analysis;
  }

  /** True when a command was found safe of late. */
  isKnownAsSafe(command: string, environment?: Readonly<Record<string, string>>): boolean {
    return this.safe.has(keyOf(command, environment));
  }

  /**
   * Refuses a command that looks destructive, unless an administrator insists.
   * @throws COMMAND_UNSAFE with the warnings; AUTH_INSUFFICIENT_PERMISSIONS when somebody else insists
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
    const { safe, warnings, suggestions } = await this.analyse(command, environment);
    if (!safe) throw new AppError('COMMAND_UNSAFE', { warnings, suggestions });
  }

  onApplicationShutdown(): Promise<void> {
    return this.thread.close();
  }
}

function keyOf(command: string, environment?: Readonly<Record<string, string>>): string {
  return createHash('sha256')
    .update(JSON.stringify([command, environment]))
    .digest('base64');
}
