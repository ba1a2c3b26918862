/** What one process may have under way. */
export interface LaneLimits {
  /** Over all receivers. */
  total: number;
  /** To one receiver. */
  perReceiver: number;
  /** How many more to keep at hand for a receiver that answers quickly. */
  depth: number;
  /** Over all receivers that have not answered yet since this process knows them. */
  unknownTotal: number;
  /** Over all receivers that lately did not answer in time; only beginnings count, so those found out may exceed it. */
  slowTotal: number;
}

/**
 * What is found to hang leaves the share of the unknown after 3 s and ends after 10 s, so at most four times
 * `unknownTotal` hang at once, and of `total` there is always something left for receivers that answer.
 */
export const laneLimits: LaneLimits = {
  total: 384,
  perReceiver: 4,
  depth: 64,
  unknownTotal: 64,
  slowTotal: 64,
};

type Pace = 'unknown' | 'quick' | 'slow';

interface Lane<T> {
  waiting: T[];
  busy: number;
  pace: Pace;
  /** The last taking filled its room, so more may be due. */
  more: boolean;
}

const maxIdleLanes = 5_000;

/**
 * Deals out the right to send: each receiver has a lane, and lanes are served in turn. A receiver that has not answered
 * yet, or lately not in time, gets one sending at a time, out of a share of its own, so that any number of hanging
 * receivers does not delay those that answer.
 */
export class Lanes<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  private readonly busy: Record<Pace, number> = { unknown: 0, quick: 0, slow: 0 };
  private waiting = 0;

  constructor(private readonly limits: LaneLimits = laneLimits) {}

  get waitingCount(): number {
    return this.waiting;
  }

  get busyCount(): number {
    return this.busy.unknown + this.busy.quick + this.busy.slow;
  }

  /** How many more may be taken for each known receiver; 0 until half of what is at hand is used up, to take in batches. */
  rooms(): Map<string, number> {
    const rooms = new Map<string, number>();
    for (const [key, lane] of this.lanes) rooms.set(key, this.room(lane));
    return rooms;
  }

  /** For receivers not seen before. */
  get defaultRoom(): number {
    return this.limits.perReceiver;
  }

  /** Takes note of what was taken with `rooms`. */
  add(taken: ReadonlyMap<string, T[]>, rooms: ReadonlyMap<string, number>): void {
    for (const [key, lane] of this.lanes) if ((rooms.get(key) ?? 0) > 0) lane.more = false;
    for (const [key, items] of taken) {
      const lane = this.lanes.get(key) ?? this.open(key);
      lane.waiting.push(...items);
      lane.more = items.length >= (rooms.get(key) ?? this.defaultRoom);
      this.waiting += items.length;
    }
  }

  /** Everything that may be sent now, one of each lane in turn. */
  *next(): Generator<{ key: string; item: T }> {
    for (let served = true; served;) {
      served = false;
      for (const [key, lane] of this.lanes) {
        if (this.busyCount >= this.limits.total) return;
        if (lane.waiting.length === 0 || !this.mayBegin(lane)) continue;
        const item = lane.waiting.shift() as T;
        this.waiting -= 1;
        this.count(lane, 1);
        served = true;
        yield { key, item };
      }
    }
  }

  /**
   * A sending ended.
   * @param quick whether the receiver answered in time
   * @returns what waited for a receiver that is slow: somebody else, or we later, may take it again
   */
  done(key: string, quick: boolean): T[] {
    const lane = this.lanes.get(key);
    if (!lane) return [];
    this.count(lane, -1);
    return this.setPace(lane, quick ? 'quick' : 'slow');
  }

  /** A sending lasts too long already. @returns as `done` */
  overdue(key: string): T[] {
    const lane = this.lanes.get(key);
    return lane ? this.setPace(lane, 'slow') : [];
  }

  /** What `next` dealt out was not sent after all. */
  release(key: string): void {
    const lane = this.lanes.get(key);
    if (!lane) return;
    this.count(lane, -1);
    lane.more = true;
  }

  /** Whether more is likely to be due for a lane that has room. */
  get wantsMore(): boolean {
    for (const lane of this.lanes.values()) if (lane.more && this.room(lane) > 0) return true;
    return false;
  }

  /** Takes out everything that waits. */
  clear(): T[] {
    return [...this.lanes.values()].flatMap((lane) => this.empty(lane));
  }

  private room(lane: Lane<T>): number {
    if (lane.pace === 'slow') return this.mayBegin(lane) ? 1 - lane.waiting.length : 0;
    const depth = lane.pace === 'quick' ? this.limits.depth : this.limits.perReceiver;
    return lane.waiting.length <= depth / 2 ? depth - lane.waiting.length : 0;
  }

  private mayBegin(lane: Lane<T>): boolean {
    if (lane.pace === 'quick') return lane.busy < this.limits.perReceiver;
    return lane.busy === 0 && this.busy[lane.pace] < this.limits[`${lane.pace}Total`];
  }

  private setPace(lane: Lane<T>, pace: Pace): T[] {
    // what is under way changes the share it is counted in
    this.busy[lane.pace] -= lane.busy;
    this.busy[pace] += lane.busy;
    lane.pace = pace;
    if (pace !== 'slow' || lane.waiting.length === 0) return [];
    lane.more = true;
    return this.empty(lane);
  }

  private count(lane: Lane<T>, change: 1 | -1): void {
    lane.busy += change;
    this.busy[lane.pace] += change;
  }

  private empty(lane: Lane<T>): T[] {
    this.waiting -= lane.waiting.length;
    return lane.waiting.splice(0);
  }

  private open(key: string): Lane<T> {
    if (this.lanes.size >= maxIdleLanes) {
      for (const [old, { busy, waiting }] of this.lanes)
        if (busy === 0 && waiting.length === 0) this.lanes.delete(old);
    }
    const lane: Lane<T> = { waiting: [], busy: 0, pace: 'unknown', more: false };
    this.lanes.set(key, lane);
    return lane;
  }
}
