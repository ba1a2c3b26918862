import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '../common/config.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import type { Logger } from '../common/logger.js';
import type { ProcessLimits } from '../common/run-limits.js';
import { outcomeOf, type Outcome, type StopCause } from '../executions/transitions/execution-state.js';
import type { ClaimedExecution } from '../executions/transitions/transitions.queries.js';
import type { Bus } from '../infra/bus.js';
import type { ConnectionPool } from '../infra/database.js';
import { SealedError } from '../common/secret-box.js';
import { summariesOf } from '../launcher/summaries.js';
import { LaunchError } from '../launcher/launch-error.js';
import type { LaunchRequest, RunningProcess } from '../launcher/launch-types.js';
import type { CommandUsers } from '../launcher/policy.js';
import { inputVariables } from '../executions/inputs/check-inputs.js';
import type { InputSecrets } from '../executions/inputs/input-secrets.js';
import type { SecretsService } from '../projects/secrets.service.js';
import { commandEnvironment } from './command-environment.js';
import { collectFiles } from './files/collect-files.js';
import { summaryName } from './files/summary.js';
import { storePid } from './stored-pid.js';
import { commandUser } from './command-user.js';
import { takeUserNumber } from './command-user.queries.js';
import type { Isolation } from './isolation.js';
import { launchLimits, limitReached, withDefaults } from './launch-limits.js';
import type { Launcher } from './process/launcher.js';
import { outputLimit } from './output-limiter.js';
import { Recorder } from './recorder.js';
import { maskText } from '../secret-masking/secret-masker.js';
import { SecretPatterns } from '../secret-masking/secret-patterns.js';
import { payloadFilesOf, secretInputsOf } from './run-provisions.js';
import { refuseUnenforceable, UnenforceableError } from './unenforceable.js';
import type { WorkerLifecycle } from './worker-lifecycle.js';
import { workspaceOf } from './workspace.js';

/** The services and settings that all runs of a worker share. */
export interface RunContext {
  launcher: Launcher;
  database: ConnectionPool;
  bus: Bus;
  lifecycle: WorkerLifecycle;
  secrets: Pick<SecretsService, 'valuesOf'>;
  inputSecrets: Pick<InputSecrets, 'open'>;
  logger: Logger;
  workspaceRoot: string;
  /** The users of commands; undefined where commands run as the user of this process. */
  users: CommandUsers | undefined;
  /** The value of USER and LOGNAME of commands. */
  userName: string;
  isolation: Isolation | undefined;
  allowsUnisolatedSecrets: boolean;
  graceMs: number;
  /** The defaults for limits that a run does not set. */
  defaultLimits: ProcessLimits;
  /** The upper bound for the stored output of a run, whatever its limits are. */
  maxOutputBytes: number;
}

const retryMs = 250;
/** The pid is stored after this time, since nobody can inspect the process of a run that has ended by then. */
const storePidAfterMs = 20;

/** A start that is under way when the run is stopped has this time, so that its command is ended like any other. */
const startMs = 1_000;

/** Runs one claimed execution from its start to its end. */
export class Run {
  private process: RunningProcess | undefined;
  /** Aborts the start of the process; the reason is the grace in milliseconds. */
  private readonly starting = new AbortController();
  private stopped: StopCause;
  private graceMs: number;
  private lost = false;
  private ending = false;
  private readonly recorder: Recorder;
  /** What is read of the workspace when the command has ended; undefined when that is nothing. */
  private files: { request: LaunchRequest; since: number; hasSummary: boolean } | undefined;
  /** The secrets that are masked in the output and in error messages. */
  private secretPatterns: SecretPatterns | undefined;

  constructor(
    readonly execution: ClaimedExecution,
    private readonly context: RunContext,
  ) {
    const { database, bus, logger } = context;
    this.graceMs = context.graceMs;
    this.recorder = new Recorder(execution.id, execution.generation, database, bus, logger, {
      onFenced: () => this.abandon(),
      onLimit: () => this.stop('output'),
    });
  }

  /** Runs the command and stores its outcome. Never throws. */
  async execute(): Promise<void> {
    const { execution, context } = this;
    const timeout = setTimeout(() => this.stop('timeout'), execution.timeout * 1000);
    const outcome = await this.attempt().catch((error: unknown) => this.failure(error));
    clearTimeout(timeout);
    this.ending = true;
    const { bytes, omitted } = await this.recorder.finish();
    await this.collectFiles();
    // the end may have been stored though the connection broke before that was known; the lease is gone then, too
    let mayBeStored = false;
    // without the lease there is nothing to store: the worker or reconciler that has fenced this run off stores the end
    while (!this.lost || mayBeStored) {
      try {
        const stored = await this.storeEnd({ ...outcome, omitted }, bytes);
        if (!stored && mayBeStored) await context.lifecycle.publishCommitted(execution.id);
        return;
      } catch (error) {
        const isAway = isDatabaseAway(error);
        mayBeStored ||= isAway;
        context.logger[isAway ? 'debug' : 'error'](
          { err: error, execution_id: execution.id },
          'the end of a run could not be written yet',
        );
        await delay(retryMs);
      }
    }
  }

  /** Keeps the files that the command has left, unless nobody waits for them any more. A stop from now on ends only this. */
  private async collectFiles(): Promise<void> {
    const { files, stopped, context, execution } = this;
    if (!files || this.lost || stopped === 'shutdown') return;
    const { request, since, hasSummary } = files;
    const hasArtifacts = execution.artifacts.length > 0 && stopped !== 'cancel' && stopped !== 'revoked';
    const wanted = { since, hasSummary, hasArtifacts, secrets: this.secretPatterns };
    this.process = undefined;
    await collectFiles(context, execution, request, wanted, (process) => {
      this.process = process;
      if (this.lost || this.stopped !== stopped) void process.terminate(0).catch(() => undefined);
    });
  }

  /** Stores the end. @returns false when the run has ended before */
  private async storeEnd(outcome: Outcome, bytes: number): Promise<boolean> {
    const { execution, context } = this;
    const { status } = outcome;
    const ended =
      status === 'completed'
        ? await context.lifecycle.complete(execution, { ...outcome, status }, bytes)
        : await context.lifecycle.finish(execution.id, execution, outcome, bytes);
    return ended !== undefined;
  }

  /** Ends the command: SIGTERM, then SIGKILL after the grace period, until no process is left. The first cause counts. */
  stop(cause: Exclude<StopCause, undefined>, graceMs: number = this.graceMs): void {
    this.stopped ??= cause;
    this.graceMs = Math.min(this.graceMs, graceMs);
    if (!this.process) setTimeout(() => this.abortStart(), startMs).unref();
    void this.process?.terminate(this.graceMs).catch(() => undefined);
  }

  /** Gives up a start that takes long, such as that in a workspace that is copied first. */
  private abortStart(): void {
    if (!this.process) this.starting.abort(this.graceMs);
  }

  /** Publishes unstored output again, for a subscriber that has missed it. */
  republish(): void {
    this.recorder.republish();
  }

  /** Ends the command and stores nothing more, because this worker has lost the lease of the execution. */
  abandon(): void {
    if (this.lost) return;
    this.lost = true;
    // a heartbeat may also see that this run has just ended by itself
    const level = this.ending ? 'debug' : 'warn';
    this.context.logger[level](
      { execution_id: this.execution.id },
      'lost the lease of an execution; its command is ended',
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
    const secretInputs = inputVariables(await this.retryWhileAway(() => secretInputsOf(context, execution)));
    this.secretPatterns = await SecretPatterns.prepare([
      ...Object.values(secrets),
      ...Object.values(secretInputs),
    ]);
    const workspace = await workspaceOf(context.workspaceRoot, execution, !users);
    // processes of the previous attempt may be left if its worker was killed together with its launcher
    if (execution.retry_of !== null) await context.launcher.endOrphans();
    if (this.stopped) throw new Error('stopped');
    const request: LaunchRequest = {
      executionId: execution.id,
      command: execution.command,
      shell: execution.shell,
      workspace,
      workingDirectory: execution.working_directory,
      summary: summaryName(execution.id),
      environment: commandEnvironment(
        { name: context.userName, isOther: context.users !== undefined },
        workspace,
        {
          ...secrets,
          ...execution.environment,
          ...inputVariables(execution.inputs),
          ...secretInputs,
          MILLRACE_SUMMARY: join(summariesOf(workspace), summaryName(execution.id)),
        },
      ),
      user,
      limits: launchLimits(limits, context.defaultLimits),
      bubblewrap: isolation?.options(workspace, execution.network),
    };
    const files = await this.retryWhileAway(() => payloadFilesOf(context, execution));
    const since = Date.now();
    const process = await context.launcher.launch({ ...request, files }, this.starting.signal);
    this.process = process;
    this.recorder.attach(process, {
      secrets: this.secretPatterns,
      limit: outputLimit(execution.limits, context.maxOutputBytes),
    });
    if (this.stopped) this.stop(this.stopped);
    const pidTimer = setTimeout(
      () => void storePid(context.database, execution, process.pid),
      storePidAfterMs,
    );
    const { exitCode, hasSummary } = await process.finished.finally(() => clearTimeout(pidTimer));
    if (hasSummary || execution.artifacts.length > 0) this.files = { request, since, hasSummary };
    const outcome = outcomeOf(exitCode, this.stopped);
    const limit = outcome.reason === 'TASK_EXECUTION_FAILED' && limitReached(exitCode, limits);
    return limit ? { ...outcome, error: limit } : outcome;
  }

  private async secrets(): Promise<Record<string, string>> {
    const { project_id, has_secrets } = this.execution;
    if (project_id === null || !has_secrets) return {};
    return this.retryWhileAway(() => this.context.secrets.valuesOf(project_id, this.context.database));
  }

  private async userNumber(): Promise<number> {
    const { execution, context } = this;
    return (
      execution.command_user_number ?? this.retryWhileAway(() => takeUserNumber(context.database, execution))
    );
  }

  /** Retries a query while the database is unreachable: the run has its lease, and its command has not started yet. */
  private async retryWhileAway<T>(query: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await query();
      } catch (error) {
        if (!isDatabaseAway(error) || this.stopped) throw error;
        await delay(retryMs);
      }
    }
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
    const isExpected = [ConfigError, LaunchError, SealedError, UnenforceableError].some(
      (kind) => error instanceof kind,
    );
    if (!isExpected) {
      logger.error({ err: error, execution_id: this.execution.id }, 'a run failed on our side');
    }
    const text = error instanceof Error ? error.message : String(error);
    const message = this.secretPatterns ? maskText(this.secretPatterns, text) : text;
    return { status: 'failed', reason: 'TASK_EXECUTION_FAILED', exitCode: null, error: message };
  }
}
