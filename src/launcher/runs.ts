import { logError } from './log-error.js';
import { removeIpcObjects } from './ipc-objects.js';
import { identityToken, type LauncherIdentity } from './processes/identity.js';
import { LaunchError } from './launch-error.js';
import type { MarkMethod } from './mark-method.js';
import { removeMessageQueues } from './message-queues.js';
import type { LauncherMessage, LaunchOrder } from './messages.js';
import { checkOrder } from './check-order.js';
import type { CommandUsers } from './policy.js';
import { readStat } from './processes/proc.js';
import { killAllOf } from './processes/kill-user.js';
import { ProcessTable } from './processes/process-table.js';
import { RunRegistry } from './run-registry.js';
import { encodeMark } from './processes/run-mark.js';
import { RunProcesses, type RunEvents } from './run-processes.js';
import { spawnCommand, type CommandFiles } from './spawn-command.js';
import { Sweeper } from './processes/sweeper.js';
import { findWorkingDirectory } from './working-directory.js';
import { hasSummary, makeSummaries } from './summaries.js';
import { deferred, type Deferred } from './deferred.js';
import { Workspaces } from './workspaces.js';

/** Starts and ends the runs of one launcher and reports their state to the worker. */
export class Runs {
  private readonly registry = new RunRegistry();
  /** The runs that were not started yet and may be stopped, by number. */
  private readonly stops = new Map<number, Deferred<never>>();
  private readonly starting = new Set<string>();
  /** The orders of runs that may leave a summary, by the number of the run. */
  private readonly summaries = new Map<number, Pick<LaunchOrder, 'workspace' | 'summary'>>();
  private readonly token: string;
  private readonly ownSession = readStat(process.pid)?.session ?? process.pid;
  private readonly table: ProcessTable<RunProcesses>;
  private readonly sweeper: Sweeper<RunProcesses>;
  private readonly workspaces: Workspaces | undefined;
  private serial = 0;
  /** The pending cleanup of each user whose runs have all ended: it removes IPC objects and message queues. */
  private readonly cleanups = new Map<number, Promise<void>>();
  /** The number of runs that are about to start, by user. */
  private readonly startingUsers = new Map<number, number>();
  private closing: (() => void) | undefined;

  constructor(
    private readonly self: LauncherIdentity,
    private readonly markMethod: MarkMethod,
    private readonly files: CommandFiles,
    private readonly users: CommandUsers | undefined,
    private readonly report: (message: LauncherMessage) => void,
  ) {
    this.token = identityToken(self);
    this.table = new ProcessTable(
      (marks, stat) => this.registry.identify(marks, stat, this.token),
      markMethod.kind !== 'none',
    );
    this.sweeper = new Sweeper(this.table);
    setInterval(() => this.table.refresh(), this.table.trustedMs / 2).unref();
    this.workspaces = users && new Workspaces(users);
  }

  /** Starts a command, and reports that it was launched or refused. */
  async launch(order: LaunchOrder): Promise<void> {
    const { run: number, executionId } = order;
    const stop = deferred<never>();
    this.stops.set(number, stop);
    const release = await this.awaitCleanup(order);
    try {
      if (this.starting.has(executionId) || this.registry.hasExecution(executionId)) {
        throw new LaunchError('ALREADY_RUNNING', `Execution ${executionId} is running already`);
      }
      this.starting.add(executionId);
      if (order.summary !== undefined)
        this.summaries.set(number, { workspace: order.workspace, summary: order.summary });
      // a workspace that is being copied goes on being copied, for the next run
      const prepared = this.prepare(order);
      prepared.catch(() => undefined);
      const directory = await Promise.race([prepared, stop.promise]);
      const marks = { markMethod: this.markMethod, mark: this.nextMark(), token: this.token };
      const child = await spawnCommand(order, marks, this.files, {
        directory,
        limits: order.limits,
        isPrivate: this.users !== undefined && !order.bubblewrap,
        userProcesses: this.users?.maxProcesses,
      });
      const run = new RunProcesses(
        number,
        executionId,
        marks.mark,
        child.pid,
        this.ownSession,
        order.bubblewrap !== undefined,
        this.users && order.user?.uid,
        child.output,
        this.events,
      );
      this.registry.add(run);
      this.table.addChild(run.pid, run);
      child.output?.onLost(() => run.terminate(0));
      child.onNamespace((init) => {
        run.init = readStat(init) ?? 'gone';
        this.table.addMember(init, run);
      });
      child.onExit((code, signal) => {
        this.table.removeChild(run.pid);
        run.onExit(code, signal);
      });
      this.report({ type: 'launched', run: number, pid: run.pid, startedAt: Date.now() });
      if (this.closing || !this.stops.has(number)) run.terminate(0);
    } catch (error) {
      this.files.scripts.discard(number);
      this.files.fifos.discard(order.stdout, order.stderr);
      this.summaries.delete(number);
      const { code, message, errno } =
        error instanceof LaunchError ? error : new LaunchError('SPAWN_FAILED', String(error));
      this.report({ type: 'refused', run: number, code, message, errno });
    } finally {
      this.starting.delete(executionId);
      this.stops.delete(number);
      release();
    }
  }

  get isEmpty(): boolean {
    return this.unfinished === 0 && this.starting.size === 0;
  }

  /** Ends a run. One that has not started yet is refused, or ended as soon as it has. */
  terminate(number: number, graceMs: number): void {
    const run = this.registry.get(number);
    if (run) return run.terminate(graceMs);
    this.stops.get(number)?.reject(new LaunchError('STOPPED', 'It was to be ended before it had started'));
    this.stops.delete(number);
  }

  /** Kills every process that was started. Resolves when all are verified gone. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.closing = resolve;
      for (const run of this.registry.all) run.terminate(0);
      if (this.unfinished === 0) resolve();
    });
  }

  /** Checks an order against the policy and returns the working directory of its command. @throws LaunchError */
  private async prepare(order: LaunchOrder): Promise<string> {
    if (this.users) {
      checkOrder(order, this.users);
      await this.workspaces?.ensure(order.workspace, order.user!);
    }
    if (order.summary !== undefined) makeSummaries(order.workspace, this.users && order.user);
    return findWorkingDirectory(order);
  }

  private nextMark(): string {
    let mark: string;
    do mark = encodeMark(this.self, ++this.serial, this.markMethod.nested);
    while (this.registry.hasMark(mark));
    return mark;
  }

  private readonly events: RunEvents = {
    requestSweep: (run) => this.sweeper.request(run),
    exited: (run, exitCode) => this.report({ type: 'exited', run: run.number, exitCode }),
    finished: (run, exitCode, leftBehind, unkillable) => {
      this.registry.remove(run);
      this.files.scripts.discard(run.number);
      run.output?.finish();
      const conclude = () => {
        const end = { exitCode, leftBehind, unkillable, hasSummary: this.takeSummary(run.number) };
        this.report({ type: 'finished', run: run.number, ...end });
        if (this.unfinished === 0) this.closing?.();
      };
      const { user, isolated } = run;
      // the IPC objects of an isolated run are removed with its namespace
      if (user === undefined || isolated || this.registry.hasUser(user) || this.startingUsers.has(user))
        conclude();
      else void this.cleanUp(user, run.mayHaveSurvivors).then(conclude);
    },
  };

  /** Whether a run has left a summary. */
  private takeSummary(number: number): boolean {
    const order = this.summaries.get(number);
    this.summaries.delete(number);
    return order?.summary !== undefined && hasSummary(order.workspace, order.summary);
  }

  private get unfinished(): number {
    return this.registry.size + this.cleanups.size;
  }

  /** Removes the IPC objects and any surviving processes that the runs of a user have left. No run of the user may be active. */
  private async cleanUp(user: number, mayHaveSurvivors: boolean): Promise<void> {
    const work = (async () => {
      if (mayHaveSurvivors) await killAllOf(user, this.self);
      await removeIpcObjects(user);
      await removeMessageQueues(user);
    })();
    const settled = work.catch((error: unknown) =>
      logError(`The launcher could not remove what the runs of user ${user} have left`, error),
    );
    this.cleanups.set(user, settled);
    await settled;
    this.cleanups.delete(user);
  }

  /**
   * Waits for the cleanup of the user of a run that is about to start, and delays the next one until the returned function is called.
   */
  private async awaitCleanup({ user, bubblewrap }: LaunchOrder): Promise<() => void> {
    const uid = bubblewrap || !this.users ? undefined : user?.uid;
    if (uid === undefined) return () => undefined;
    while (this.cleanups.has(uid)) await this.cleanups.get(uid);
    this.startingUsers.set(uid, (this.startingUsers.get(uid) ?? 0) + 1);
    return () => {
      const left = this.startingUsers.get(uid)! - 1;
      if (left > 0) this.startingUsers.set(uid, left);
      else this.startingUsers.delete(uid);
    };
  }
}
