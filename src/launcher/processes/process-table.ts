import { readFileSync } from 'node:fs';
import {
  isInInnerNamespace,
  lastProcessId,
  listProcesses,
  readLockLimits,
  readProc,
  readStat,
  readUser,
  type ProcessStat,
} from './proc.js';

/** What is read of a process to tell whose it is. */
export interface Marks {
  soft: string;
  hard: string;
  user: number | undefined;
  /**
   * The first 64 KiB of its environment, read when it is asked for; `null` where it may not be read. What stands after them marks
   * nothing: a process is known by its limit, its user or its namespace, and only one that sheds the first is asked for the last.
   */
  environment: () => Buffer | null;
}

/** Nothing tells yet whose a process is; it is asked again at the next look. */
export const UNDECIDED = Symbol('undecided');

interface Entry<Owner> {
  startTime: string;
  /** `undefined`: none of ours, and never will be. */
  owner: Owner | undefined;
  /** Our own unreaped child: its pid cannot pass to another. */
  child: boolean;
}

// Faster than this no host forks; it bounds how long pids can be trusted not to have gone round.
const FORKS_PER_MILLISECOND = 20;

/**
 * Finds the processes that belong to an owner, by a look at `/proc`.
 *
 * Whose a process is never changes, so it is read once. Pids are given out in ascending order: what is known of
 * a pid holds until the kernel's counter has passed it again, so a scan costs one listing and reads new pids only.
 */
export class ProcessTable<Owner> {
  private readonly entries = new Map<number, Entry<Owner>>();
  /** Whether the scan that goes on has met a process of which nobody can tell yet whose it is. */
  private isUndecided = false;
  private last = 0;
  private lastAt = -Infinity;
  private readonly trustedMs = Math.min(
    10_000,
    Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1')) / FORKS_PER_MILLISECOND,
  );

  /** `identify` gives the owner by marks; children of what is owned are owned anyway. */
  constructor(
    private readonly identify: (marks: Marks, stat: ProcessStat) => Owner | typeof UNDECIDED | undefined,
    /** Every process carries a mark that cannot be shed: an empty environment then says "not ours". */
    private readonly marksHold: boolean,
  ) {}

  addChild(pid: number, owner: Owner): void {
    this.entries.set(pid, { startTime: '', owner, child: true });
  }

  /** A process that is known to be of an owner, whatever it bears. */
  addMember(pid: number, owner: Owner): void {
    const stat = readStat(pid);
    if (stat) this.entries.set(pid, { startTime: stat.startTime, owner, child: false });
  }

  removeChild(pid: number): void {
    this.entries.delete(pid);
  }

  /**
   * Visits every living process that is owned, own children left out. Gives true when nothing can have been missed: a process that
   * vanished before it was looked at may have left a child behind the reader's back, and an undecided one may be a leftover.
   */
  scan(visit: (owner: Owner, stat: ProcessStat) => void): boolean {
    const now = performance.now();
    const last = lastProcessId();
    const trusted = last > 0 && now - this.lastAt < this.trustedMs;
    const reused = trusted ? inRange(this.last, last) : () => true;
    [this.last, this.lastAt] = [last, now];

    const pids = listProcesses();
    let complete = true;
    this.isUndecided = false;
    for (const pid of pids) {
      const known = this.entries.get(pid);
      if (known && (known.child || (!known.owner && !reused(pid)))) continue;
      const stat = readStat(pid);
      if (!stat) complete &&= known !== undefined && !known.owner;
      else {
        // It may have left a child, too, before it died.
        if (stat.dead && known?.startTime !== stat.startTime) complete = false;
        const owner = this.ownerOf(stat);
        if (owner !== undefined) visit(owner, stat);
      }
    }
    if (this.entries.size > 2 * pids.length + 100) this.forgetAllBut(new Set(pids));
    return complete && !this.isUndecided && lastProcessId() >= last;
  }

  private ownerOf(stat: ProcessStat): Owner | undefined {
    const known = this.entries.get(stat.pid);
    if (known?.child) return known.owner;
    if (stat.dead) return this.remember(stat, undefined);
    if (known && known.startTime === stat.startTime) return known.owner;
    if (stat.kernelThread || stat.pid === process.pid) return this.remember(stat, undefined);

    const limits = readLockLimits(stat.pid) ?? { soft: '', hard: '' };
    const environment = readOnce(stat.pid);
    const identified = this.identify({ ...limits, user: readUser(stat.pid), environment }, stat);
    if (identified === UNDECIDED) {
      const ofParent = this.ownerOfParent(stat);
      this.isUndecided ||= ofParent === undefined;
      return ofParent;
    }
    const owner = identified ?? this.ownerOfParent(stat);
    // In the middle of an exec the environment is empty: do not settle for it where nothing else would tell.
    const isSettled = owner !== undefined || this.marksHold || environment()?.length !== 0;
    if (isSettled) this.remember(stat, owner);
    return owner;
  }

  private ownerOfParent(stat: ProcessStat): Owner | undefined {
    if (stat.parent <= 1 || stat.parent === process.pid) return undefined;
    const known = this.entries.get(stat.parent);
    if (known) return known.owner;
    const parent = readStat(stat.parent);
    return parent && this.ownerOf(parent);
  }

  private remember(stat: ProcessStat, owner: Owner | undefined): Owner | undefined {
    this.entries.set(stat.pid, { startTime: stat.startTime, owner, child: false });
    return owner;
  }

  private forgetAllBut(alive: Set<number>): void {
    for (const [pid, entry] of this.entries) if (!entry.child && !alive.has(pid)) this.entries.delete(pid);
  }
}

const NOTHING = Buffer.alloc(0);

function readOnce(pid: number): () => Buffer | null {
  let environment: Buffer | null | undefined;
  return () => {
    if (environment !== undefined) return environment;
    // The kernel locks the memory of a process to read its environment, which the process can make last; in a namespace of its own
    // it is of an isolated run, which the environment does not tell.
    const bytes = isInInnerNamespace(pid) ? null : readProc(`/proc/${pid}/environ`);
    // the buffer is used again by the next look
    environment = bytes ? Buffer.from(bytes) : bytes === null ? null : NOTHING;
    return environment;
  };
}

/** Tells whether a pid was given out after `from`, up to `to`, around the end of the range if need be. */
function inRange(from: number, to: number): (pid: number) => boolean {
  return from <= to ? (pid) => pid > from && pid <= to : (pid) => pid > from || pid <= to;
}
