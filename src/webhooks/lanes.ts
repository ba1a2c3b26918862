import { laneLimits, type LaneLimits } from './lane-limits.js';

type Pace = 'unknown' | 'quick' | 'slow';

interface Lane<T> {
  owner: Owner<T>;
  waiting: T[];
  busy: number;
  pace: Pace;
  /** Whether the last take filled the capacity of the lane, so that more may be due. */
  mayHaveMore: boolean;
}

interface Owner<T> {
  /** The number of lanes of the owner's receivers. */
  lanes: number;
  /** The lanes with waiting items by their keys, in the order of their next turns. */
  waiting: Map<string, Lane<T>>;
  busy: Record<Pace, number>;
  /** True while so many unknown receivers have waiting items that no items are taken for further ones. */
  isHeld: boolean;
}

const maxIdleLanes = 5_000;

/**
 * Schedules requests to receivers fairly: each receiver has a lane. Owners of receivers are served in turn, and so are the lanes of an
 * owner. A receiver that has not responded yet, or whose last response was late, gets one request at a time, limited by a share for such
 * receivers, so that any number of hanging receivers does not delay those that respond. One owner gets a part of that share, so that its
 * hanging receivers do not delay the first requests to those of others.
 */
export class Lanes<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  /** The owners in the order of their next turns. */
  private readonly owners = new Map<string, Owner<T>>();
  private readonly busy: Record<Pace, number> = { unknown: 0, quick: 0, slow: 0 };
  /** The requests in flight by pace, without those of an owner beyond its part. */
  private readonly countedBusy: Record<Pace, number> = { unknown: 0, quick: 0, slow: 0 };
  private waiting = 0;

  /** @param ownerOf returns the owner of an item's receiver */
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

  /** Returns how many more items to take for each known receiver: 0 until half of its items are sent, so that they are taken in batches. */
  capacities(): Map<string, number> {
    const capacities = new Map<string, number>();
    for (const [key, lane] of this.lanes) capacities.set(key, this.capacityOf(lane));
    return capacities;
  }

  /** The number of items to take for a new receiver. */
  get defaultCapacity(): number {
    return this.limits.perReceiver;
  }

  /** Returns the owners for whose new receivers no items are to be taken now. */
  heldOwners(): string[] {
    for (const owner of this.owners.values()) owner.isHeld = this.isFull(owner);
    return [...this.owners].filter(([, { isHeld }]) => isHeld).map(([id]) => id);
  }

  /** Queues the items that were taken with the result of `capacities`. */
  add(taken: ReadonlyMap<string, T[]>, capacities: ReadonlyMap<string, number>): void {
    for (const [key, lane] of this.lanes) if ((capacities.get(key) ?? 0) > 0) lane.mayHaveMore = false;
    for (const [key, items] of taken) {
      const [first] = items;
      if (first === undefined) continue;
      const lane = this.lanes.get(key) ?? this.open(key, this.ownerOf(first));
      lane.waiting.push(...items);
      lane.owner.waiting.set(key, lane);
      lane.mayHaveMore = items.length >= (capacities.get(key) ?? this.defaultCapacity);
      this.waiting += items.length;
    }
  }

  /** Yields the items that may be sent now, one for each owner in turn, from the lanes of an owner in turn. */
  *next(): Generator<{ key: string; item: T }> {
    // an owner that was served moves to the end of the queue, in this loop and for the next one
    for (const [id, owner] of this.owners) {
      if (this.busyCount >= this.limits.total) return;
      const key = this.nextKey(owner);
      if (key === undefined) continue;
      this.owners.delete(id);
      this.owners.set(id, owner);
      yield { key, item: this.dequeue(key, owner) };
    }
  }

  /**
   * Records the end of a request.
   * @param quick whether the receiver responded in time
   * @returns the items that waited for a slow receiver; they are to be released, so that any process may take them again
   */
  done(key: string, quick: boolean): T[] {
    const lane = this.lanes.get(key);
    if (!lane) return [];
    this.count(lane, -1);
    return this.setPace(key, lane, quick ? 'quick' : 'slow');
  }

  /** Records that a request in flight takes too long. @returns the items to be released, as `done` does */
  overdue(key: string): T[] {
    const lane = this.lanes.get(key);
    return lane ? this.setPace(key, lane, 'slow') : [];
  }

  /** Records that an item of `next` was not sent. */
  release(key: string): void {
    const lane = this.lanes.get(key);
    if (!lane) return;
    this.count(lane, -1);
    lane.mayHaveMore = true;
  }

  /** Whether more items are likely to be due for a lane with capacity, or for an owner that was held. */
  get wantsMore(): boolean {
    for (const owner of this.owners.values()) if (owner.isHeld && !this.isFull(owner)) return true;
    for (const lane of this.lanes.values()) if (lane.mayHaveMore && this.capacityOf(lane) > 0) return true;
    return false;
  }

  /** Removes and returns all waiting items. */
  clear(): T[] {
    return [...this.lanes].flatMap(([key, lane]) => this.clearLane(key, lane));
  }

  private nextKey({ waiting }: Owner<T>): string | undefined {
    for (const [key, lane] of waiting) if (this.maySend(lane)) return key;
    return undefined;
  }

  private dequeue(key: string, { waiting }: Owner<T>): T {
    const lane = waiting.get(key)!;
    const item = lane.waiting.shift() as T;
    this.waiting -= 1;
    waiting.delete(key);
    if (lane.waiting.length > 0) waiting.set(key, lane);
    this.count(lane, 1);
    return item;
  }

  private capacityOf(lane: Lane<T>): number {
    if (lane.pace === 'slow') return this.maySend(lane) ? 1 - lane.waiting.length : 0;
    if (lane.pace === 'unknown' && this.isFull(lane.owner)) return 0;
    const depth = lane.pace === 'quick' ? this.limits.depth : this.limits.perReceiver;
    return lane.waiting.length <= depth / 2 ? depth - lane.waiting.length : 0;
  }

  private maySend({ pace, busy, owner }: Lane<T>): boolean {
    if (pace === 'quick') return busy < this.limits.perReceiver;
    if (busy > 0 || owner.busy[pace] >= this.limits.perOwner) return false;
    return this.countedBusy[pace] < this.limits[`${pace}Total`];
  }

  /** Whether too many unknown receivers of an owner have items; once held, until half of them are left, to take items in batches. */
  private isFull({ waiting, isHeld }: Owner<T>): boolean {
    const { unknownWaiting } = this.limits;
    const most = isHeld ? unknownWaiting / 2 : unknownWaiting - 1;
    if (waiting.size <= most) return false;
    return [...waiting.values()].filter(({ pace }) => pace === 'unknown').length > most;
  }

  private setPace(key: string, lane: Lane<T>, pace: Pace): T[] {
    // requests in flight now count for the share of the new pace
    this.countFor(lane.owner, lane.pace, -lane.busy);
    this.countFor(lane.owner, pace, lane.busy);
    lane.pace = pace;
    if (pace !== 'slow' || lane.waiting.length === 0) return [];
    lane.mayHaveMore = true;
    return this.clearLane(key, lane);
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
    this.countedBusy[pace] += part(owner.busy[pace]) - before;
  }

  private clearLane(key: string, lane: Lane<T>): T[] {
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
    const lane: Lane<T> = { owner, waiting: [], busy: 0, pace: 'unknown', mayHaveMore: false };
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
