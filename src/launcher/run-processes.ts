import { constants } from 'node:os';
import type { RelayedOutput } from './output-relays.js';
import {
  firstChild,
  isStartedAfter,
  readStat,
  thisMoment,
  type Moment,
  type ProcessStat,
} from './processes/proc.js';
import {
  endNamespace,
  killWithGroup,
  signalGroup,
  signalIsolated,
  signalProcess,
  type SignalOutcome,
} from './processes/signal.js';
import type { Sweepable } from './processes/sweeper.js';

/** The time between SIGTERM and SIGKILL for processes that outlive their main process when nobody has cancelled the run. */
const LEFTOVER_GRACE_MS = 400;
const MAX_SCAN_PAUSE_MS = 50;
const LAST_SIGNAL = 64;
/** How long the init of a namespace may take to end with the exit code of its command. */
const INIT_EXIT_MS = 500;
/** How long a main process may take to exit after SIGKILL before the other processes of its run are killed. */
const EXIT_MS = 100;

export interface RunEvents {
  requestSweep(run: RunProcesses): void;
  exited(run: RunProcesses, exitCode: number): void;
  finished(run: RunProcesses, exitCode: number, leftBehind: number, unkillable: number): void;
}

/** A command in the launcher, from its start until none of its processes is left. */
export class RunProcesses implements Sweepable {
  private exitCode: number | undefined;
  private isExitReported = false;
  /** When processes get SIGKILL instead of SIGTERM, in the time of `performance.now()`. */
  private killAt = Infinity;
  private killTimer: NodeJS.Timeout | undefined;
  private scanPauseMs = 0;
  private killing = false;
  private someLeft = false;
  private isFinished = false;
  private isMainKilled = false;
  private endsWithInit = false;
  /** When SIGTERM was first sent. Processes that were started later do not get it. */
  private termSentAt: Moment | undefined;
  /** The process group that got SIGTERM as a whole. */
  private termGroup: number | undefined;
  /** The command of an isolated run, below the init of its namespace, when SIGTERM was sent. */
  private command: number | undefined;
  private readonly termSent = new Set<string>();
  private readonly seen = new Set<string>();
  private readonly unkillable = new Set<string>();

  constructor(
    readonly number: number,
    readonly executionId: string,
    readonly mark: string,
    /** The main process, leader of its group and session. */
    readonly pid: number,
    private readonly ownSession: number,
    /** Whether the main process is a `bwrap`, with the command below it in a pid namespace that ends with it. */
    readonly isolated: boolean,
    /** The user id that only the commands of its project have; undefined where all commands run as one user. */
    readonly user: number | undefined,
    /** Absent where the worker reads the pipes of the command itself, without a relay process. */
    readonly output: RelayedOutput | undefined,
    private readonly events: RunEvents,
  ) {}

  /**
   * The init of the namespace of an isolated run; `undefined` until bubblewrap has reported it. The kernel kills everything in a
   * namespace before its init is gone (pid_namespaces(7)), so no scan of /proc is needed once it is known. A scan takes longer the more
   * processes all other runs have.
   */
  init: Pick<ProcessStat, 'pid' | 'startTime'> | 'gone' | undefined;
  /** Whether a process of the run may live that no scan of /proc has found. */
  mayHaveSurvivors = false;

  get hasLeftBehind(): boolean {
    return this.seen.size > 0;
  }

  get hasExited(): boolean {
    return this.exitCode !== undefined;
  }

  /**
   * Sends SIGTERM once to each process that runs now, and SIGKILL to all after the grace period, or after that of an earlier call if it
   * ends first. Processes that are started meanwhile get no SIGTERM and may clean up until the SIGKILL: many programs give up cleaning
   * up at a second SIGTERM.
   */
  terminate(graceMs: number): void {
    const killAt = performance.now() + graceMs;
    const first = this.killAt === Infinity;
    if (killAt >= this.killAt) return;
    this.killAt = killAt;
    clearTimeout(this.killTimer);
    if (this.hasExited) return this.requestScan();
    if (first && graceMs > 0) this.terminateMain();
    if (graceMs > 0) this.killTimer = setTimeout(() => this.killMain(), Math.min(graceMs, 0x7fff_ffff));
    else this.killMain();
  }

  /** Called when the main process was reaped: its pid and group id may belong to another process from then on. */
  onExit(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.killTimer);
    this.exitCode = signal ? -constants.signals[signal] : this.plainCode(code ?? 0);
    this.endsWithInit = this.init !== undefined;
    if (this.init) this.finishWithInit(this.init, this.exitCode);
    else this.requestScan();
  }

  onProcess(stat: ProcessStat): void {
    if (this.isFinished) return;
    const key = `${stat.pid}.${stat.startTime}`;
    if (this.unkillable.has(key)) return;
    if (!this.hasExited) {
      if (this.isMainKilled) killWithGroup(stat, this.ownSession);
      else if (this.termSentAt !== undefined) this.sendTermOnce(stat, key, this.termSentAt);
      return;
    }
    this.seen.add(key);
    if (this.killAt === Infinity) this.killAt = performance.now() + (this.isolated ? 0 : LEFTOVER_GRACE_MS);
    this.termSentAt ??= thisMoment();
    const overdue = performance.now() >= this.killAt;
    if (overdue && !this.killing) {
      this.killing = true;
      this.scanPauseMs = 0;
    }
    const outcome = overdue
      ? killWithGroup(stat, this.ownSession)
      : this.sendTermOnce(stat, key, this.termSentAt);
    if (outcome === 'forbidden') this.unkillable.add(key);
    else this.someLeft = true;
  }

  onScanned(none: boolean, isComplete: boolean): void {
    if (this.isFinished) return;
    if (this.exitCode === undefined) return this.scanUntilExit();
    this.mayHaveSurvivors = !isComplete;
    const done = none || !this.someLeft;
    this.someLeft = false;
    if (done) {
      return this.finish(this.exitCode, this.isolated ? 0 : this.seen.size);
    }
    this.reportExit(this.exitCode);
    const untilKill = Math.max(0, this.killAt - performance.now());
    setTimeout(() => this.requestScan(), Math.min(this.scanPauseMs, untilKill || MAX_SCAN_PAUSE_MS));
    this.scanPauseMs = Math.min(MAX_SCAN_PAUSE_MS, this.scanPauseMs * 2 + 1);
  }

  /** Finishes the run when the init of its namespace is gone, which takes a while when many processes are left in the namespace. */
  private finishWithInit(init: NonNullable<RunProcesses['init']>, exitCode: number): void {
    if (init === 'gone' || isGone(init)) return this.finish(exitCode, 0);
    signalProcess(init, 'SIGKILL');
    this.reportExit(exitCode);
    setTimeout(() => this.finishWithInit(init, exitCode), this.scanPauseMs);
    this.scanPauseMs = Math.min(MAX_SCAN_PAUSE_MS, this.scanPauseMs * 2 + 1);
  }

  private reportExit(exitCode: number): void {
    if (this.isExitReported) return;
    this.isExitReported = true;
    this.events.exited(this, exitCode);
  }

  private finish(exitCode: number, leftBehind: number): void {
    this.isFinished = true;
    this.events.finished(this, exitCode, leftBehind, this.unkillable.size);
  }

  private requestScan(): void {
    if (!this.endsWithInit) this.events.requestSweep(this);
  }

  private terminateMain(): void {
    this.termSentAt = thisMoment();
    this.termGroup = this.pid;
    if (this.isolated) {
      this.command = firstChild(firstChild(this.pid) ?? 0);
      this.termGroup = signalIsolated(this.pid);
    } else signalGroup(this.pid, 'SIGTERM');
    // the scan finds the processes that have left the group
    this.requestScan();
  }

  private sendTermOnce(stat: ProcessStat, key: string, sentAt: Moment): SignalOutcome {
    if (this.termSent.has(key)) return 'sent';
    this.termSent.add(key);
    return isStartedAfter(stat, sentAt) || stat.group === this.termGroup
      ? 'sent'
      : signalProcess(stat, 'SIGTERM');
  }

  private plainCode(code: number): number {
    return this.isolated && code > 128 && code <= 128 + LAST_SIGNAL ? 128 - code : code;
  }

  private killMain(): void {
    if (this.hasExited) return;
    const init = this.isolated ? firstChild(this.pid) : undefined;
    const isOver = init !== undefined && this.command !== undefined && firstChild(init) !== this.command;
    // the command has ended, and its exit code, which only the init knows, would be lost if the init was killed
    if (isOver && endNamespace(init) === 'sent') {
      this.command = undefined;
      this.killTimer = setTimeout(() => this.killMain(), INIT_EXIT_MS);
    } else {
      signalGroup(this.pid, 'SIGKILL');
      this.isMainKilled = true;
      this.killTimer = setTimeout(() => this.requestScan(), EXIT_MS);
    }
  }

  /**
   * The kernel does not report the exit of a traced process to its parent before the tracer has waited for it or is gone (ptrace(2)), and
   * the tracer may be a process of the run that has left its group: all of them are killed.
   */
  private scanUntilExit(): void {
    if (!this.isMainKilled) return;
    this.killTimer = setTimeout(() => this.requestScan(), MAX_SCAN_PAUSE_MS);
  }
}

function isGone({ pid, startTime }: Pick<ProcessStat, 'pid' | 'startTime'>): boolean {
  const stat = readStat(pid);
  return !stat || stat.dead || stat.startTime !== startTime;
}
