import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '../common/config.js';
import { isDatabaseAway } from '../http/error-filter.js';
import type { Logger } from '../common/logger.js';
import type { ProcessLimits } from '../common/run-limits.js';
import type { ExecutionLifecycle } from '../executions/execution-lifecycle.js';
import { outcomeOf, type Outcome, type StopCause } from '../executions/execution-state.js';
import type { ClaimedExecution } from '../executions/transitions.queries.js';
import type { Bus } from '../infra/bus.js';
import type { ConnectionPool } from '../infra/database.js';
import { SealedError } from '../common/secret-box.js';
import { LaunchError } from '../launcher/launch-error.js';
import type { RunningProcess } from '../launcher/launch-types.js';
import type { CommandUsers } from '../launcher/policy.js';
import type { SecretsService } from '../projects/secrets.service.js';
import { commandEnvironment } from './command-environment.js';
import { commandUser } from './command-user.js';
import { takeUserNumber } from './command-user.queries.js';
import type { Isolation } from './isolation.js';
import { launchLimits, limitReached, withDefaults } from './launch-limits.js';
import type { Launcher } from './process/launcher.js';
import { outputLimit } from './output-limiter.js';
import { Recorder } from './recorder.js';
import { maskText } from '../secret-masking/secret-masker.js';
import { SecretPatterns } from '../secret-masking/secret-patterns.js';
import { refuseUnenforceable, UnenforceableError } from './unenforceable.js';
import { workspaceOf } from './workspace.js';

/** What every run of a worker needs. */
export interface RunContext {
  launcher: Launcher;
  database: ConnectionPool;
  bus: Bus;
  lifecycle: ExecutionLifecycle;
  secrets: Pick<SecretsService, 'valuesOf'>;
  logger: Logger;
  workspaceRoot: string;
  /** As whom commands run; undefined where as ourselves. */
  users: CommandUsers | undefined;
  /** The name that commands find for their user. */
  userName: string;
  isolation: Isolation | undefined;
  allowsUnisolatedSecrets: boolean;
  graceMs: number;
  /** For what the limits of a run leave open. */
  defaultLimits: ProcessLimits;
  /** No output is kept beyond this, whatever its policy says. */
  maxOutputBytes: number;
}

const retryMs = 250;
/** Nobody can look at the process of a run that has ended by then. */
const pidAfterMs = 20;

/** One claimed execution on its way from its start to its end. */
export class Run {
  private process: RunningProcess | undefined;
  private stopped: StopCause;
  private graceMs: number;
  private lost = false;
  private ending = false;
  private readonly recorder: Recorder;
  /** What must not be seen of this run. */
  private hidden: SecretPatterns | undefined;

  constructor(
    readonly execution: ClaimedExecution,
    private readonly context: RunContext,
  ) {
    const { database, bus, logger } = context;
    this.graceMs = context.graceMs;
    this.recorder = new Recorder(execution.id, execution.generation, database, bus, logger, {
      onFenced: () => this.lose(),
      onLimit: () => this.stop('output'),
    });
  }

  /** Runs the command and writes down how it ended; never throws. */
  async toEnd(): Promise<void> {
    const { execution, context } = this;
    const timeout = setTimeout(() => this.stop('timeout'), execution.timeout * 1000);
    const outcome = await this.attempt().catch((error: unknown) => this.failure(error));
    clearTimeout(timeout);
    this.ending = true;
    const { bytes, omitted } = await this.recorder.finish();
    // without a say there is nothing to write: whoever has it has written the end
    while (!this.lost) {
      try {
        await this.writeEnd({ ...outcome, omitted }, bytes);
        return;
      } catch (error) {
        const level = isDatabaseAway(error) ? 'debug' : 'error';
        context.logger[level](
          { err: error, execution_id: execution.id },
          'the end of a run could not be written yet',
        );
        await delay(retryMs);
      }
    }
  }

  private async writeEnd(outcome: Outcome, bytes: number): Promise<void> {
    const { execution, context } = this;
    const { status } = outcome;
    if (status === 'completed') await context.lifecycle.complete(execution, { ...outcome, status }, bytes);
    else await context.lifecycle.finish(execution.id, execution, outcome, bytes);
  }

  /** Ends the command: SIGTERM, grace, SIGKILL, until nothing of it is left. The first cause counts. */
  stop(cause: Exclude<StopCause, undefined>, graceMs: number = this.graceMs): void {
    this.stopped ??= cause;
    this.graceMs = Math.min(this.graceMs, graceMs);
    void this.process?.terminate(this.graceMs).catch(() => undefined);
  }

  /** Sends the output again that is not stored yet: somebody came too late to hear it. */
  sayAgain(): void {
    this.recorder.sayAgain();
  }

  /** Another worker, or nobody, has the say over this execution now: end the command and write nothing. */
  lose(): void {
    if (this.lost) return;
    this.lost = true;
    // a heartbeat may see the end that we have just written
    const level = this.ending ? 'debug' : 'warn';
    this.context.logger[level](
      { execution_id: this.execution.id },
      'lost the say over an execution; its command is ended',
    );
    this.recorder.abandon();
    this.stop('shutdown', 0);
  }

  private async attempt(): Promise<Outcome> {
    const { execution, context } = this;
    const { users, isolation } = context;
    refuseUnenforceable(execution, isolation !== undefined);
    if (execution.has_secrets && !users && !isolation && !context.allowsUnisolatedSecrets)
      throw new UnenforceableError(
        'The project has secrets, and the worker that took this run cannot keep them from other projects: docs/security.md says how it can',
      );
    const user = users && commandUser(users, await this.userNumber());
    const limits = withDefaults(execution.limits, context.defaultLimits, isolation !== undefined);
    const secrets = await this.secrets();
    this.hidden = await SecretPatterns.prepare(Object.values(secrets));
    const workspace = await workspaceOf(context.workspaceRoot, execution, !users);
    // of a worker that was killed together with its launcher something may still be there
    if (execution.retry_of !== null) await context.launcher.endOrphans();
    if (this.stopped) throw new Error('stopped');
    const process = await context.launcher.launch({
      executionId: execution.id,
      command: execution.command,
      workspace,
      workingDirectory: execution.working_directory,
      environment: commandEnvironment(
        { name: context.userName, isOther: context.users !== undefined },
        workspace,
        {
          ...secrets,
          ...execution.environment,
        },
      ),
      user,
      limits: launchLimits(limits, context.defaultLimits),
      bubblewrap: isolation?.options(workspace, execution.network),
    });
    this.process = process;
    this.recorder.attach(process, {
      secrets: this.hidden,
      limit: outputLimit(execution.limits, context.maxOutputBytes),
    });
    if (this.stopped) this.stop(this.stopped);
    const note = setTimeout(() => void this.notePid(process.pid), pidAfterMs);
    const { exitCode } = await process.finished.finally(() => clearTimeout(note));
    const outcome = outcomeOf(exitCode, this.stopped);
    const limit = outcome.reason === 'TASK_EXECUTION_FAILED' && limitReached(exitCode, limits);
    return limit ? { ...outcome, error: limit } : outcome;
  }

  private async secrets(): Promise<Record<string, string>> {
    const { project_id, has_secrets } = this.execution;
    if (project_id === null || !has_secrets) return {};
    return this.untilAnswered(() => this.context.secrets.valuesOf(project_id, this.context.database));
  }

  private async userNumber(): Promise<number> {
    const { execution, context } = this;
    return (
      execution.command_user_number ?? this.untilAnswered(() => takeUserNumber(context.database, execution))
    );
  }

  /** Waits for a database that is away: the run has its lease, and nothing of it has happened yet. */
  private async untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isDatabaseAway(error) || this.stopped) throw error;
        await delay(retryMs);
      }
    }
  }

  /** For people who look; a run does not depend on it. */
  private async notePid(pid: number): Promise<void> {
    const { id, generation } = this.execution;
    await this.context.database
      .query("UPDATE executions SET pid = $3 WHERE id = $1 AND generation = $2 AND status = 'running'", [
        id,
        generation,
        pid,
      ])
      .catch(() => undefined);
  }

  private failure(error: unknown): Outcome {
    const { logger } = this.context;
    if (this.stopped && !this.process) {
      return {
        ...outcomeOf(1, this.stopped),
        exitCode: null,
        error: 'It was stopped before its command had started',
      };
    }
    if (this.stopped === 'cancel' || this.stopped === 'revoked')
      return { ...outcomeOf(1, this.stopped), exitCode: null };
    if (
      error instanceof LaunchError &&
      (error.code === 'LAUNCHER_LOST' || error.code === 'LAUNCHER_CLOSED')
    ) {
      return { status: 'failed', reason: 'WORKER_LOST', exitCode: null, error: error.message };
    }
    const told = [ConfigError, LaunchError, SealedError, UnenforceableError].some(
      (kind) => error instanceof kind,
    );
    if (!told) {
      logger.error({ err: error, execution_id: this.execution.id }, 'a run failed on our side');
    }
    const text = error instanceof Error ? error.message : String(error);
    const message = this.hidden ? maskText(this.hidden, text) : text;
    return { status: 'failed', reason: 'TASK_EXECUTION_FAILED', exitCode: null, error: message };
  }
}
