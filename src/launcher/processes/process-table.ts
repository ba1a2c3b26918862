import { readFileSync } from 'node:fs';
import {
  isInInnerNamespace,
  isThread,
  lastProcessId,
  listProcesses,
  readLockLimits,
  readProc,
  readStat,
  readUser,
  type ProcessStat,
} from './proc.js';
import type { Slices } from './slices.js';

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

/** Nothing tells yet to which of these owners a process belongs; it is asked again at the next look. */
export class Undecided<Owner> {
  constructor(readonly candidates: Iterable<Owner>) {}
}

/** What a scan looks for. */
export interface Search<Owner> {
  isWanted: (owner: Owner) => boolean;
  /** Called for each living process of who is wanted, own children left out; at once, so that a signal finds it where it was seen. */
  visit: (owner: Owner, stat: ProcessStat) => void;
  slices: Slices;
}

interface Entry<Owner> {
  startTime: string;
  /** `undefined`: none of ours, and never will be. */
  owner: Owner | undefined;
  /** Our own unreaped child: its pid cannot pass to another. */
  child: boolean;
  /** The counter of process ids has passed it since it was read: it may be another process by now. */
  isStale?: boolean;
}

/** `known`: what it has forked is known, too, or of no concern. */
type Finding = 'alive' | 'gone' | 'known';

/** Of whom a scan may have missed processes. */
export class Missed<Owner> {
  /** Of anybody. */
  all = false;
  readonly owners = new Set<Owner>();

  has(owner: Owner): boolean {
    return this.all || this.owners.has(owner);
  }
}

// Faster than this no host forks; it bounds how long pids can be trusted not to have gone round.
const FORKS_PER_MILLISECOND = 20;
/** So many process ids are looked at one by one at most; what forks faster than they are read is left to the next scan. */
const MOST_FOLLOWED = 500;

/**
 * Finds the processes that belong to an owner, by a look at `/proc`.
 *
 * Whose a process is never changes, so it is read once. Pids are given out in ascending order: what is known of a pid holds until the
 * kernel's counter has passed it again. So a scan costs one listing (0.3 ms for 1,000 processes), and reads new processes and those
 * of the owners that it is for. Scans may go on at the same time.
 */
export class ProcessTable<Owner> {
  private readonly entries = new Map<number, Entry<Owner>>();
  private last = 0;
  private lastAt = -Infinity;
  private readonly mostPids = Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1'));
  /** So long after the last look it is certain that the process ids have not gone round. */
  readonly trustedMs = Math.min(10_000, this.mostPids / FORKS_PER_MILLISECOND);

  /** `identify` gives the owner by marks; children of what is owned are owned anyway. */
  constructor(
    private readonly identify: (marks: Marks, stat: ProcessStat) => Owner | Undecided<Owner> | undefined,
    /** Every process carries a mark that cannot be shed: an empty environment then says "not ours". */
    private readonly marksHold: boolean,
  ) {}

  addChild(pid: number, owner: Owner): void {
    this.entries.set(pid, { startTime: '', owner, child: true });
  }

  /** A process that is known to be of an owner, whatever it bears. */
  addMember(pid: number, owner: Owner): void {
    const stat = readStat(pid);
    if (stat) this.remember(stat, owner);
  }

  removeChild(pid: number): void {
    this.entries.delete(pid);
  }

  /**
   * Looks for the processes of owners. A process that vanished before it was read may have left children, which then have higher
   * process ids: these are read one by one, which finds also what lives for less time than a listing takes.
   */
  async scan(search: Search<Owner>): Promise<Missed<Owner>> {
    const missed = new Missed<Owner>();
    const first = lastProcessId();
    const pids = listProcesses();
    const last = lastProcessId();
    this.markStale(last);
    // where the counter has begun anew meanwhile, what it gave out since may stand before what had been listed by then
    let oldest = last < first ? this.age(first, last) : -1;
    for (const pid of pids) {
      if (search.slices.isOver) await search.slices.rest();
      if (this.look(pid, search, missed) === 'gone') oldest = Math.max(oldest, this.age(pid, last));
    }
    if (oldest >= 0) missed.all = last === 0 || !(await this.follow(last - oldest, search, missed));
    if (this.entries.size > 2 * pids.length + 100) this.forgetAllBut(new Set(pids));
    return missed;
  }

  /** Called often, it spares the next scan from reading all anew because the process ids may have gone round. */
  keepTrust(): void {
    this.markStale(lastProcessId());
  }

  /** At each scan, before anything is awaited: another one that goes on must not believe what this one would read again. */
  private markStale(last: number): void {
    const now = performance.now();
    const isTrusted = last > 0 && now - this.lastAt < this.trustedMs;
    const isReused = isTrusted ? inRange(this.last, last) : () => true;
    [this.last, this.lastAt] = [last, now];
    for (const [pid, entry] of this.entries) if (isReused(pid)) entry.isStale = true;
  }

  private look(pid: number, { isWanted, visit }: Search<Owner>, missed: Missed<Owner>): Finding {
    const known = this.entries.get(pid);
    const wanted = known?.owner !== undefined && isWanted(known.owner) ? known.owner : undefined;
    if (known && (known.child || (!known.isStale && wanted === undefined))) return 'known';
    const stat = readStat(pid);
    if (stat && !stat.dead) {
      const owner = this.ownerOf(stat, missed);
      if (owner !== undefined && isWanted(owner)) visit(owner, stat);
      return 'alive';
    }
    if (stat) this.remember(stat, undefined);
    else this.entries.delete(pid);
    // it may have forked while it was listed
    if (wanted !== undefined) missed.owners.add(wanted);
    return known && (!known.isStale || known.startTime === stat?.startTime) ? 'known' : 'gone';
  }

  /** Looks at every process id after one, up to the one given out last. @returns false when there are too many */
  private async follow(from: number, search: Search<Owner>, missed: Missed<Owner>): Promise<boolean> {
    let at = from;
    for (let count = 0; this.age(at, lastProcessId()) > 0; count++) {
      if (count >= MOST_FOLLOWED) return false;
      if (search.slices.isOver) await search.slices.rest();
      at = (at + 1 + this.mostPids) % this.mostPids;
      const known = this.entries.get(at);
      if (known?.child || isThread(at) !== false) continue;
      if (known) known.isStale = true;
      this.look(at, search, missed);
    }
    return true;
  }

  /** How many process ids were given out after one, up to the last. */
  private age(pid: number, last: number): number {
    return (last - pid + this.mostPids) % this.mostPids;
  }

  private ownerOf(stat: ProcessStat, missed: Missed<Owner>): Owner | undefined {
    const known = this.entries.get(stat.pid);
    if (known?.child) return known.owner;
    if (stat.dead) return this.remember(stat, undefined);
    if (known?.startTime === stat.startTime) return this.remember(stat, known.owner);
    if (stat.kernelThread || stat.pid === process.pid) return this.remember(stat, undefined);

    const limits = readLockLimits(stat.pid) ?? { soft: '', hard: '' };
    const environment = readOnce(stat.pid);
    const identified = this.identify({ ...limits, user: readUser(stat.pid), environment }, stat);
    const isUndecided = identified instanceof Undecided;
    const owner = (isUndecided ? undefined : identified) ?? this.ownerOfParent(stat, missed);
    if (owner !== undefined) return this.remember(stat, owner);
    if (isUndecided) for (const candidate of identified.candidates) missed.owners.add(candidate);
    // In the middle of an exec the environment is empty: do not settle for it where nothing else would tell.
    else if (this.marksHold || environment()?.length !== 0) this.remember(stat, undefined);
    return undefined;
  }

  private ownerOfParent(stat: ProcessStat, missed: Missed<Owner>): Owner | undefined {
    if (stat.parent <= 1 || stat.parent === process.pid) return undefined;
    const known = this.entries.get(stat.parent);
    if (known && !known.isStale) return known.owner;
    const parent = readStat(stat.parent);
    return parent && this.ownerOf(parent, missed);
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
