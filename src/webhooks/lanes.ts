import { laneLimits, type LaneLimits } from './lane-limits.js';

type Pace = 'unknown' | 'quick' | 'slow';

interface Lane<T> {
  owner: Owner<T>;
  waiting: T[];
  busy: number;
  pace: Pace;
  /** The last taking filled its room, so more may be due. */
  more: boolean;
}

interface Owner<T> {
  /** How many lanes are open. */
  lanes: number;
  /** Those with something waiting, by their keys; the one that was served last comes last. */
  waiting: Map<string, Lane<T>>;
  busy: Record<Pace, number>;
  /** So much waits for receivers not known yet that no more is taken for such. */
  isHeld: boolean;
}

const maxIdleLanes = 5_000;

/**
 * Deals out the right to send: each receiver has a lane. Owners of receivers are served in turn, and so are the lanes of an owner. A
 * receiver that has not answered yet, or lately not in time, gets one sending at a time, out of a share of its own, so that any number
 * of hanging receivers does not delay those that answer; and one owner gets a part of that share, so that its hanging receivers do not
 * delay the first sending to those of others.
 */
export class Lanes<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  /** The one that was served last comes last. */
  private readonly owners = new Map<string, Owner<T>>();
  private readonly busy: Record<Pace, number> = { unknown: 0, quick: 0, slow: 0 };
  /** As `busy`, without what an owner has beyond its part. */
  private readonly counted: Record<Pace, number> = { unknown: 0, quick: 0, slow: 0 };
  private waiting = 0;

  /** @param ownerOf whose receiver an item is for */
  constructor(
    private readonly ownerOf: (item: T) => string,
    private readonly limits: LaneLimits = laneLimits,
  ) {}

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

  /** The owners for whose receivers not seen before nothing is to be taken now. */
  hold(): string[] {
    for (const owner of this.owners.values()) owner.isHeld = this.isFull(owner);
    return [...this.owners].filter(([, { isHeld }]) => isHeld).map(([id]) => id);
  }

  /** Takes note of what was taken with `rooms`. */
  add(taken: ReadonlyMap<string, T[]>, rooms: ReadonlyMap<string, number>): void {
    for (const [key, lane] of this.lanes) if ((rooms.get(key) ?? 0) > 0) lane.more = false;
    for (const [key, items] of taken) {
      const [first] = items;
      if (first === undefined) continue;
      const lane = this.lanes.get(key) ?? this.open(key, this.ownerOf(first));
      lane.waiting.push(...items);
      lane.owner.waiting.set(key, lane);
      lane.more = items.length >= (rooms.get(key) ?? this.defaultRoom);
      this.waiting += items.length;
    }
  }

  /** Everything that may be sent now: one for each owner in turn, and for an owner one of each lane in turn. */
  *next(): Generator<{ key: string; item: T }> {
    // who was served comes again behind the others, in this loop and in the next
    for (const [id, owner] of this.owners) {
      if (this.busyCount >= this.limits.total) return;
      const key = this.nextKey(owner);
      if (key === undefined) continue;
      this.owners.delete(id);
      this.owners.set(id, owner);
      yield { key, item: this.takeOut(key, owner) };
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
    return this.setPace(key, lane, quick ? 'quick' : 'slow');
  }

  /** A sending lasts too long already. @returns as `done` */
  overdue(key: string): T[] {
    const lane = this.lanes.get(key);
    return lane ? this.setPace(key, lane, 'slow') : [];
  }

  /** What `next` dealt out was not sent after all. */
  release(key: string): void {
    const lane = this.lanes.get(key);
    if (!lane) return;
    this.count(lane, -1);
    lane.more = true;
  }

  /** Whether more is likely to be due for a lane that has room, or for an owner that was held. */
  get wantsMore(): boolean {
    for (const owner of this.owners.values()) if (owner.isHeld && !this.isFull(owner)) return true;
    for (const lane of this.lanes.values()) if (lane.more && this.room(lane) > 0) return true;
    return false;
  }

  /** Takes out everything that waits. */
  clear(): T[] {
    return [...this.lanes].flatMap(([key, lane]) => this.empty(key, lane));
  }

  private nextKey({ waiting }: Owner<T>): string | undefined {
    for (const [key, lane] of waiting) if (this.mayBegin(lane)) return key;
    return undefined;
  }

  private takeOut(key: string, { waiting }: Owner<T>): T {
    const lane = waiting.get(key)!;
    const item = lane.waiting.shift() as T;
    this.waiting -= 1;
    waiting.delete(key);
    if (lane.waiting.length > 0) waiting.set(key, lane);
    this.count(lane, 1);
    return item;
  }

  private room(lane: Lane<T>): number {
    if (lane.pace === 'slow') return this.mayBegin(lane) ? 1 - lane.waiting.length : 0;
    if (lane.pace === 'unknown' && this.isFull(lane.owner)) return 0;
    const depth = lane.pace === 'quick' ? this.limits.depth : this.limits.perReceiver;
    return lane.waiting.length <= depth / 2 ? depth - lane.waiting.length : 0;
  }

  private mayBegin({ pace, busy, owner }: Lane<T>): boolean {
    if (pace === 'quick') return busy < this.limits.perReceiver;
    if (busy > 0 || owner.busy[pace] >= this.limits.perOwner) return false;
    return this.counted[pace] < this.limits[`${pace}Total`];
  }

  /** Until half of it is used up, to take in batches. */
  private isFull({ waiting, isHeld }: Owner<T>): boolean {
    const { unknownWaiting } = this.limits;
    const most = isHeld ? unknownWaiting / 2 : unknownWaiting - 1;
    if (waiting.size <= most) return false;
    return [...waiting.values()].filter(({ pace }) => pace === 'unknown').length > most;
  }

  private setPace(key: string, lane: Lane<T>, pace: Pace): T[] {
    // what is under way changes the share it is counted in
    this.countFor(lane.owner, lane.pace, -lane.busy);
    this.countFor(lane.owner, pace, lane.busy);
    lane.pace = pace;
    if (pace !== 'slow' || lane.waiting.length === 0) return [];
    lane.more = true;
    return this.empty(key, lane);
  }

  private count(lane: Lane<T>, change: 1 | -1): void {
    lane.busy += change;
    this.countFor(lane.owner, lane.pace, change);
  }

  private countFor(owner: Owner<T>, pace: Pace, change: number): void {
    const part = (busy: number) => (pace === 'quick' ? busy : Math.min(busy, this.limits.perOwner));
    const before = part(owner.busy[pace]);
    owner.busy[pace] += change;
    this.busy[pace] += change;
    this.counted[pace] += part(owner.busy[pace]) - before;
  }

  private empty(key: string, lane: Lane<T>): T[] {
    this.waiting -= lane.waiting.length;
    lane.owner.waiting.delete(key);
    return lane.waiting.splice(0);
  }

  private open(key: string, ownerId: string): Lane<T> {
    if (this.lanes.size >= maxIdleLanes) this.closeIdle();
    const owner = this.owners.get(ownerId) ?? {
      lanes: 0,
      waiting: new Map(),
      busy: { unknown: 0, quick: 0, slow: 0 },
      isHeld: false,
    };
    owner.lanes += 1;
    this.owners.set(ownerId, owner);
    const lane: Lane<T> = { owner, waiting: [], busy: 0, pace: 'unknown', more: false };
    this.lanes.set(key, lane);
    return lane;
  }

  private closeIdle(): void {
    for (const [key, { owner, busy, waiting }] of this.lanes) {
      if (busy > 0 || waiting.length > 0) continue;
      this.lanes.delete(key);
      owner.lanes -= 1;
    }
    for (const [id, { lanes }] of this.owners) if (lanes === 0) this.owners.delete(id);
  }
}
