/** What one process may have under way. */
export interface LaneLimits {
  /** Over all receivers. */
  total: number;
  /** To one receiver. */
  perReceiver: number;
  /** How many more to keep at hand for a receiver that answers quickly. */
  depth: number;
  /** Over all receivers that lately did not answer in time; what is left of `total` is always there for the others. */
  slowTotal: number;
}

export const laneLimits: LaneLimits = { total: 128, perReceiver: 4, depth: 64, slowTotal: 48 };

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
 * Deals out the right to send: each receiver has a lane, and lanes are served in turn. A receiver that does not answer in
 * time gets one sending at a time, out of a share of its own, so that any number of hanging receivers delays nobody else.
 */
export class Lanes<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  private busy = 0;
  private slowBusy = 0;
  private waiting = 0;

  constructor(private readonly limits: LaneLimits = laneLimits) {}

  get waitingCount(): number {
    return this.waiting;
  }

  get busyCount(): number {
    return this.busy;
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
        if (this.busy >= this.limits.total) return;
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
   * @returns what waited for a receiver that has just become slow: somebody else, or we later, may take it again
   */
  done(key: string, quick: boolean): T[] {
    const lane = this.lanes.get(key);
    if (!lane) return [];
    this.count(lane, -1);
    const pace: Pace = quick ? 'quick' : 'slow';
    if (pace !== lane.pace) {
      // those still under way change the share they are counted in
      if (lane.pace === 'slow') this.slowBusy -= lane.busy;
      if (pace === 'slow') this.slowBusy += lane.busy;
      lane.pace = pace;
    }
    if (pace !== 'slow' || lane.waiting.length === 0) return [];
    lane.more = true;
    return this.empty(lane);
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
    if (lane.pace === 'slow') return lane.busy === 0 && this.slowBusy < this.limits.slowTotal;
    return lane.busy < this.limits.perReceiver;
  }

  private count(lane: Lane<T>, change: 1 | -1): void {
    lane.busy += change;
    this.busy += change;
    if (lane.pace === 'slow') this.slowBusy += change;
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
