import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus } from '../infra/bus.js';
import { Coalesced } from '../common/coalesced.js';
import { Database } from '../infra/database.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { entriesAfter, horizons, lastSequence, type ActivityRow } from './activity.queries.js';

type Listener = (rows: readonly ActivityRow[]) => void;

/** How long after a change the log is read, so that one read serves many changes. */
const settleMs = 20;
/** How often the log is read while there is a listener: a message may be lost. */
const recheckMs = 2_000;
/** How soon it is read again while a number is missing, whose transaction is about to commit. */
const gapMs = 50;
const rowsAtOnce = 1_000;

/**
 * Reads the activity as it grows, once for all listeners of the process, in the order of its numbers. A number is given before its
 * transaction commits, so a missing one may still come: what is behind it is held back until every transaction that was open when it was
 * found missing has ended. So who goes on after a number has missed nothing before it.
 */
@Injectable()
export class ActivityTail implements OnModuleInit, OnApplicationShutdown {
  private readonly listeners = new Set<Listener>();
  private readonly reading = new Coalesced(() => this.read());
  private settling: NodeJS.Timeout | undefined;
  private recheck: NodeJS.Timeout | undefined;
  /** The number up to which everything has been passed on; undefined while nobody listens. */
  private position: number | undefined;
  /** The first number that is missing, and the transaction that had not begun when it was found missing. */
  private gap: { sequence: number; horizon: bigint } | undefined;

  constructor(
    private readonly database: Database,
    private readonly events: Events,
    private readonly bus: Bus,
    private readonly infrastructure: Infrastructure,
  ) {}

  onModuleInit(): void {
    this.events.on('activity.recorded', () => this.wake(settleMs));
    this.bus.onInterrupted(() => this.wake(0));
  }

  onApplicationShutdown(): void {
    this.listeners.clear();
    this.rest();
  }

  /**
   * Calls back with what is recorded from now on.
   * @returns the number that the first call begins after, and a function that ends the calls
   */
  async listen(listener: Listener): Promise<{ position: number; leave: () => void }> {
    this.listeners.add(listener);
    this.recheck ??= setInterval(() => this.wake(0), recheckMs);
    const leave = () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.rest();
    };
    try {
      const known = this.position ?? (await lastSequence(this.database));
      this.position ??= known;
      return { position: this.position, leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Leaves out the entries behind the place that has been passed on, which may have others before them still. */
  passed(rows: readonly ActivityRow[]): ActivityRow[] {
    const { position = 0 } = this;
    return rows.filter(({ sequence }) => Number(sequence) <= position);
  }

  private rest(): void {
    clearInterval(this.recheck);
    this.recheck = undefined;
    this.position = undefined;
    this.gap = undefined;
  }

  private wake(ms: number): void {
    if (this.listeners.size === 0) return;
    this.settling ??= setTimeout(() => {
      this.settling = undefined;
      this.reading.request();
    }, ms);
  }

  private async read(): Promise<void> {
    try {
      for (let isFull = true; isFull && this.position !== undefined;)
        isFull = await this.readSome(this.position);
    } catch (error) {
      this.infrastructure.logger[isDatabaseAway(error) ? 'debug' : 'warn'](
        { err: error },
        'the activity could not be read for its listeners',
      );
    }
  }

  /** @returns whether more can be read at once */
  private async readSome(after: number): Promise<boolean> {
    // the horizon is read before the rows: what was open then may be missing among them
    const { oldest, next } = await horizons(this.database);
    const rows = await entriesAfter(this.database, after, rowsAtOnce);
    if (this.position !== after) return false;
    let last = after;
    let passed = 0;
    for (const row of rows) {
      const sequence = Number(row.sequence);
      if (sequence > last + 1 && !this.mayPass(last + 1, oldest, next)) break;
      last = sequence;
      passed += 1;
    }
    this.position = last;
    if (passed > 0) for (const listener of this.listeners) listener(rows.slice(0, passed));
    if (passed < rows.length) this.wake(gapMs);
    return passed === rows.length && rows.length === rowsAtOnce;
  }

  /** Whether a missing number will not come any more. */
  private mayPass(sequence: number, oldest: bigint, next: bigint): boolean {
    if (this.gap?.sequence !== sequence) this.gap = { sequence, horizon: next };
    return oldest >= this.gap.horizon;
  }
}
