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

/** The properties of a process that identify its owner. */
export interface Marks {
  soft: string;
  hard: string;
  user: number | undefined;
  /**
   * Reads the first 64 KiB of its environment; `null` when it may not be read. A mark after them is not found: a process is identified
   * by its limit, its user or its namespace, and its environment matters only when it has shed the limit.
   */
  environment: () => Buffer | null;
}

/** The result for a process that may belong to any of several owners; it is identified again at the next scan. */
export class Undecided<Owner> {
  constructor(readonly candidates: Iterable<Owner>) {}
}

/** The parameters of a scan. */
export interface Search<Owner> {
  isWanted: (owner: Owner) => boolean;
  /** Called for each living process of the wanted owners except own children, immediately, so that its pid is still valid for a signal. */
  visit: (owner: Owner, stat: ProcessStat) => void;
  slices: Slices;
}

interface Entry<Owner> {
  startTime: string;
  /** The owner; `undefined` for a process that has none and never will have one. */
  owner: Owner | undefined;
  /** Whether it is our own unreaped child, whose pid cannot be reused. */
  child: boolean;
  /** Whether the kernel's pid counter has passed its pid since it was read, so that the pid may belong to another process. */
  isStale?: boolean;
}

/** The result of inspecting a pid. `gone` means that the process may have left children that are not known. */
type Finding = 'alive' | 'gone' | 'known';

/** The owners of whom a scan may have missed processes. */
export class Missed<Owner> {
  /** Whether processes of any owner may have been missed. */
  all = false;
  readonly owners = new Set<Owner>();

  has(owner: Owner): boolean {
    return this.all || this.owners.has(owner);
  }
}

// No host forks faster than this. It bounds the time in which the pid counter cannot have wrapped around.
const FORKS_PER_MILLISECOND = 20;
/** The number of new pids that a scan inspects one by one; processes that fork faster are left to the next scan. */
const MAX_NEW_PIDS = 500;

/**
 * Finds the processes of an owner in `/proc`.
 *
 * The owner of a process never changes, so it is identified once. Pids are assigned in ascending order, so an entry is valid until the
 * kernel's pid counter has passed its pid again. So a scan costs one listing (0.3 ms for 1,000 processes), and reads only new processes
 * and those of the wanted owners. Scans may run concurrently.
 */
export class ProcessTable<Owner> {
  private readonly entries = new Map<number, Entry<Owner>>();
  private last = 0;
  private lastAt = -Infinity;
  private readonly mostPids = Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1'));
  /** The time in milliseconds in which the pid counter cannot have wrapped around. */
  readonly trustedMs = Math.min(10_000, this.mostPids / FORKS_PER_MILLISECOND);

  /**
   * @param identify finds the owner by marks; a process without one belongs to the owner of its parent
   * @param now a monotonic clock in milliseconds
   */
  constructor(
    private readonly identify: (marks: Marks, stat: ProcessStat) => Owner | Undecided<Owner> | undefined,
    /** Whether every process of an owner carries a mark that it cannot shed, so that an unmarked one with an empty environment has none. */
    private readonly marksHold: boolean,
    private readonly now = () => performance.now(),
  ) {}

  addChild(pid: number, owner: Owner): void {
    this.entries.set(pid, { startTime: '', owner, child: true });
  }

  /** Adds a process that belongs to an owner whatever its marks are. */
  addMember(pid: number, owner: Owner): void {
    const stat = readStat(pid);
    if (stat) this.remember(stat, owner);
  }

  removeChild(pid: number): void {
    this.entries.delete(pid);
  }

  /**
   * Finds the living processes of the wanted owners. A process that vanished before it was read may have left children. Those have
   * higher pids, which are inspected one by one; this also finds processes that live for less time than a listing takes.
   */
  async scan(search: Search<Owner>): Promise<Missed<Owner>> {
    const missed = new Missed<Owner>();
    const startedAt = this.now();
    const first = lastProcessId();
    const pids = listProcesses();
    const last = lastProcessId();
    this.markStale(last);
    // if the counter has wrapped around meanwhile, the pids that it has assigned since may be below those that were already listed
    let oldest = last < first ? this.age(first, last) : -1;
    for (const pid of pids) {
      if (search.slices.isOver) await search.slices.rest();
      if (this.inspect(pid, search, missed) === 'gone') oldest = Math.max(oldest, this.age(pid, last));
    }
    if (oldest >= 0) missed.all = last === 0 || !(await this.inspectNewer(last - oldest, search, missed));
    // the counter may have come round to where it was, and pids may have gone from processes that were listed to their descendants
    if (this.now() - startedAt >= this.trustedMs) missed.all = true;
    if (this.entries.size > 2 * pids.length + 100) this.forgetAllBut(new Set(pids));
    return missed;
  }

  /** Records the pid counter. When it is called often, no scan has to read all processes anew for fear of a wrapped counter. */
  refresh(): void {
    this.markStale(lastProcessId());
  }

  /** Called by each scan before it awaits anything: a concurrent scan must not use entries that this one would read again. */
  private markStale(last: number): void {
    const now = this.now();
    const isTrusted = last > 0 && now - this.lastAt < this.trustedMs;
    const isReused = isTrusted ? inRange(this.last, last) : () => true;
    [this.last, this.lastAt] = [last, now];
    for (const [pid, entry] of this.entries) if (isReused(pid)) entry.isStale = true;
  }

  private inspect(pid: number, { isWanted, visit }: Search<Owner>, missed: Missed<Owner>): Finding {
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
    // the process may have forked during the listing
    if (wanted !== undefined) missed.owners.add(wanted);
    return known && (!known.isStale || known.startTime === stat?.startTime) ? 'known' : 'gone';
  }

  /** Inspects every pid that was assigned after `from`. @returns false when there are too many */
  private async inspectNewer(from: number, search: Search<Owner>, missed: Missed<Owner>): Promise<boolean> {
    let at = from;
    for (let count = 0; this.age(at, lastProcessId()) > 0; count++) {
      if (count >= MAX_NEW_PIDS) return false;
      if (search.slices.isOver) await search.slices.rest();
      at = (at + 1 + this.mostPids) % this.mostPids;
      const known = this.entries.get(at);
      if (known?.child || isThread(at) !== false) continue;
      if (known) known.isStale = true;
      this.inspect(at, search, missed);
    }
    return true;
  }

  /** Counts the pids that were assigned after one, up to `last`. */
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
    // During execve(2) the environment is empty, so the result is not kept when only the environment could identify the process.
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
    // The kernel locks the memory of a process to read its environment, and the process can make that take long. Processes in inner
    // namespaces belong to isolated runs, which the environment does not identify, so they are not read.
    const bytes = isInInnerNamespace(pid) ? null : readProc(`/proc/${pid}/environ`);
    // copied, since `readProc` reuses its buffer
    environment = bytes ? Buffer.from(bytes) : bytes === null ? null : NOTHING;
    return environment;
  };
}

/** Returns a function that tells whether a pid was assigned after `from`, up to `to`; the range may wrap around. */
function inRange(from: number, to: number): (pid: number) => boolean {
  return from <= to ? (pid) => pid > from && pid <= to : (pid) => pid > from || pid <= to;
}
