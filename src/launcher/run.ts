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

/** What is left behind after a normal end has this long between SIGTERM and SIGKILL. */
const LEFTOVER_GRACE_MS = 400;
const SLOWEST_LOOK_MS = 50;
const LAST_SIGNAL = 64;
/** How long the init of a namespace may take to end with the exit code of its command. */
const LAST_MOMENT_MS = 500;

export interface RunEvents {
  requestSweep(run: Run): void;
  exited(run: Run, exitCode: number): void;
  finished(run: Run, exitCode: number, leftBehind: number, unkillable: number): void;
}

/** One command in the launcher, from its start until nothing is left of it. */
export class Run implements Sweepable {
  private exitCode: number | undefined;
  private announced = false;
  /** When SIGKILL takes the place of SIGTERM; `performance.now()` time. */
  private killAt = Infinity;
  private killTimer: NodeJS.Timeout | undefined;
  private nextLookMs = 0;
  private killing = false;
  private someLeft = false;
  private isFinished = false;
  private endsWithInit = false;
  /** When SIGTERM was first sent: what was started later does not get it. */
  private askedAt: Moment | undefined;
  /** The group that got it as a whole. */
  private askedGroup: number | undefined;
  /** The command of an isolated run, below the init of its namespace, when SIGTERM was sent. */
  private command: number | undefined;
  private readonly asked = new Set<string>();
  private readonly seen = new Set<string>();
  private readonly unkillable = new Set<string>();

  constructor(
    readonly number: number,
    readonly executionId: string,
    readonly mark: string,
    /** The main process, leader of its group and session. */
    readonly pid: number,
    private readonly ownSession: number,
    /** The main process is a `bwrap`, and the command below it in a pid namespace that ends with it. */
    readonly isolated: boolean,
    /** The user that only its project's commands have; undefined where all commands are of one. */
    readonly user: number | undefined,
    /** Absent where the worker reads what the command writes without a process between them. */
    readonly output: RelayedOutput | undefined,
    private readonly events: RunEvents,
  ) {}

  /**
   * The init of the namespace of an isolated run. The kernel kills all that is in a namespace before its init is gone (pid_namespaces(7)),
   * so then nobody needs to look at /proc, which takes the longer the more processes the runs of others have. `undefined` until
   * bubblewrap has told of it.
   */
  init: Pick<ProcessStat, 'pid' | 'startTime'> | 'gone' | undefined;
  /** Whether something of it may live that no look at /proc has found. */
  mayHaveLeft = false;

  get hasLeftBehind(): boolean {
    return this.seen.size > 0;
  }

  get hasExited(): boolean {
    return this.exitCode !== undefined;
  }

  /**
   * SIGTERM now, once to each process that runs, and SIGKILL to all after the grace, or after that of an earlier call where it ends
   * first. What is started meanwhile may clean up until then: many programs take a second SIGTERM for an order to give up at once.
   */
  terminate(graceMs: number): void {
    const killAt = performance.now() + graceMs;
    const first = this.killAt === Infinity;
    if (killAt >= this.killAt) return;
    this.killAt = killAt;
    clearTimeout(this.killTimer);
    if (this.hasExited) return this.look();
    if (first && graceMs > 0) this.askMain();
    if (graceMs > 0) this.killTimer = setTimeout(() => this.killMain(), Math.min(graceMs, 0x7fff_ffff));
    else this.killMain();
  }

  /** The main process was reaped: from here on its pid and its group's id may be another's. */
  onExit(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.killTimer);
    this.exitCode = signal ? -constants.signals[signal] : this.plainCode(code ?? 0);
    this.endsWithInit = this.init !== undefined;
    if (this.init) this.endWith(this.init, this.exitCode);
    else this.look();
  }

  onProcess(stat: ProcessStat): void {
    if (this.isFinished) return;
    const key = `${stat.pid}.${stat.startTime}`;
    if (this.unkillable.has(key)) return;
    if (!this.hasExited) {
      if (this.askedAt !== undefined) this.askOnce(stat, key, this.askedAt);
      return;
    }
    this.seen.add(key);
    if (this.killAt === Infinity) this.killAt = performance.now() + (this.isolated ? 0 : LEFTOVER_GRACE_MS);
    this.askedAt ??= thisMoment();
    const overdue = performance.now() >= this.killAt;
    if (overdue && !this.killing) {
      this.killing = true;
      this.nextLookMs = 0;
    }
    const outcome = overdue ? killWithGroup(stat, this.ownSession) : this.askOnce(stat, key, this.askedAt);
    if (outcome === 'forbidden') this.unkillable.add(key);
    else this.someLeft = true;
  }

  onScanned(none: boolean, isComplete: boolean): void {
    if (this.exitCode === undefined || this.isFinished) return;
    this.mayHaveLeft = !isComplete;
    const done = none || !this.someLeft;
    this.someLeft = false;
    if (done) {
      return this.finish(this.exitCode, this.isolated ? 0 : this.seen.size);
    }
    this.announce(this.exitCode);
    const untilKill = Math.max(0, this.killAt - performance.now());
    setTimeout(() => this.look(), Math.min(this.nextLookMs, untilKill || SLOWEST_LOOK_MS));
    this.nextLookMs = Math.min(SLOWEST_LOOK_MS, this.nextLookMs * 2 + 1);
  }

  /** Until the init of its namespace is gone, which is not at once where what it has left is much. */
  private endWith(init: NonNullable<Run['init']>, exitCode: number): void {
    if (init === 'gone' || isGone(init)) return this.finish(exitCode, 0);
    signalProcess(init, 'SIGKILL');
    this.announce(exitCode);
    setTimeout(() => this.endWith(init, exitCode), this.nextLookMs);
    this.nextLookMs = Math.min(SLOWEST_LOOK_MS, this.nextLookMs * 2 + 1);
  }

  private announce(exitCode: number): void {
    if (this.announced) return;
    this.announced = true;
    this.events.exited(this, exitCode);
  }

  private finish(exitCode: number, leftBehind: number): void {
    this.isFinished = true;
    this.events.finished(this, exitCode, leftBehind, this.unkillable.size);
  }

  private look(): void {
    if (!this.endsWithInit) this.events.requestSweep(this);
  }

  private askMain(): void {
    this.askedAt = thisMoment();
    this.askedGroup = this.pid;
    if (this.isolated) {
      this.command = firstChild(firstChild(this.pid) ?? 0);
      this.askedGroup = signalIsolated(this.pid);
    } else signalGroup(this.pid, 'SIGTERM');
    // what has left the group
    this.look();
  }

  private askOnce(stat: ProcessStat, key: string, askedAt: Moment): SignalOutcome {
    if (this.asked.has(key)) return 'sent';
    this.asked.add(key);
    return isStartedAfter(stat, askedAt) || stat.group === this.askedGroup
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
    // the command has ended and its exit code is known to the init, which would be lost with it
    if (isOver && endNamespace(init) === 'sent') {
      this.command = undefined;
      this.killTimer = setTimeout(() => this.killMain(), LAST_MOMENT_MS);
    } else signalGroup(this.pid, 'SIGKILL');
  }
}

function isGone({ pid, startTime }: Pick<ProcessStat, 'pid' | 'startTime'>): boolean {
  const stat = readStat(pid);
  return !stat || stat.dead || stat.startTime !== startTime;
}
