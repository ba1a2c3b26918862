import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { longestTimerMs } from '../common/call-at.js';
import { Coalesced } from '../common/coalesced.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Bus } from '../infra/bus.js';
import { Database } from '../infra/database.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { entriesAfter, lastSequence, writersOfActivity, type ActivityRow } from './activity.queries.js';
import { missedEntries, type Missed } from './missed-entries.queries.js';

type Listener = (rows: readonly ActivityRow[]) => void;

/** How long after a change the log is read, so that one read serves many changes. */
const settleMs = 20;
/** How often the log is read while there is a listener: a message may be lost. */
const recheckMs = 2_000;
/** How soon it is read again while a number is missing, whose transaction is about to commit. */
const gapMs = 50;
/** How long the first listener waits for those who write at that moment. */
const settlesWithinMs = 30_000;
const rowsAtOnce = 1_000;
/** How many entries a listener reads at once that it has missed. Of the first projects so many are looked at, each so far. */
const missedAtOnce = 200;
/** The most connections of the pool that read what listeners have missed: one for a user, however many listeners a user has. */
const missedReads = { perUser: 1, inAll: 2 };

/**
 * Reads the activity as it grows, once for all listeners of the process, in the order of its numbers. A number is given before its
 * transaction commits, so a missing one may still come: what is behind it is held back until every transaction that wrote activity when
 * it was found missing has ended. So who goes on after a number has missed nothing before it.
 */
@Injectable()
export class ActivityTail implements OnModuleInit, OnApplicationShutdown {
  private readonly listeners = new Set<Listener>();
  private readonly reading = new Coalesced(() => this.read());
  private readonly turns = new TurnsPerUser(
    missedReads,
    // the queue needs no bound: a waiting read holds nothing, and the number of connections of a user bounds that of the reads
    { perUser: Infinity, inAll: Infinity, timeoutMs: longestTimerMs },
  );
  /** The wait of the first listeners, of which there is one for all of them. */
  private beginning: Promise<number> | undefined;
  private settling: NodeJS.Timeout | undefined;
  private recheck: NodeJS.Timeout | undefined;
  /** The number up to which everything has been passed on; undefined while nobody listens. */
  private position: number | undefined;
  /** The first number that is missing, the last one that was there then, and the transactions that may still write what is between them. */
  private gap: { from: number; to: number; writers: ReadonlySet<string> } | undefined;

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
   * @returns the number that the first call begins after, when all before it can be read, and a function that ends the calls
   * @throws when a transaction that writes activity does not end for 30 s
   */
  async listen(listener: Listener): Promise<{ position: number; leave: () => void }> {
    this.listeners.add(listener);
    this.recheck ??= setInterval(() => this.wake(0), recheckMs);
    const leave = () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.rest();
    };
    try {
      const known = this.position ?? (await this.begin());
      this.position ??= known;
      return { position: this.position, leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /**
   * Reads a few of the entries that a listener has missed, up to the place that has been passed on: those behind it may have others before
   * them still. Of each account one listener reads at a time.
   * @returns the entries, the number up to which there are no others, and whether there may be more behind it
   */
  missed(
    wanted: Omit<Missed, 'upTo'> & { account: string },
    signal: AbortSignal,
  ): Promise<{ rows: ActivityRow[]; end: number; isMore: boolean }> {
    return this.turns.take(
      wanted.account,
      async () => {
        // looked at first: what is passed on meanwhile may not be among the rows
        const upTo = Math.max(wanted.after, this.position ?? 0);
        const { rows, end } = await missedEntries(this.database, { ...wanted, upTo }, missedAtOnce);
        return { rows, end, isMore: end < upTo };
      },
      signal,
    );
  }

  /** The last number that has been given and committed, which may be one that is not passed on yet. */
  lastGiven(): Promise<number> {
    return lastSequence(this.database);
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

  private begin(): Promise<number> {
    this.beginning ??= this.settledEnd().finally(() => {
      this.beginning = undefined;
    });
    return this.beginning;
  }

  /** Returns the number of the last entry, when what had a number before it has ended. */
  private async settledEnd(): Promise<number> {
    const end = await lastSequence(this.database);
    const writers = new Set(await writersOfActivity(this.database));
    const deadline = Date.now() + settlesWithinMs;
    while (await this.isWriting(writers)) {
      if (Date.now() > deadline) throw new Error('A transaction that writes activity does not end');
      await delay(gapMs);
    }
    return end;
  }

  private async isWriting(writers: ReadonlySet<string>): Promise<boolean> {
    return writers.size > 0 && (await writersOfActivity(this.database)).some((writer) => writers.has(writer));
  }

  /** @returns whether more can be read at once */
  private async readSome(after: number): Promise<boolean> {
    // what has ended before the rows are read is among them
    const { gap } = this;
    const settled = gap && !(await this.isWriting(gap.writers)) ? gap.to : after;
    const rows = await entriesAfter(this.database, after, rowsAtOnce);
    let last = after;
    let passed = 0;
    for (const row of rows) {
      const sequence = Number(row.sequence);
      if (sequence > last + 1 && sequence > settled) break;
      last = sequence;
      passed += 1;
    }
    const isHeld = passed < rows.length;
    const next =
      isHeld && gap?.from !== last + 1 ? new Set(await writersOfActivity(this.database)) : undefined;
    if (this.position !== after) return false;
    if (next) this.gap = { from: last + 1, to: Number(rows.at(-1)!.sequence), writers: next };
    else if (!isHeld) this.gap = undefined;
    this.position = last;
    if (passed > 0) for (const listener of this.listeners) listener(rows.slice(0, passed));
    if (isHeld) this.wake(gapMs);
    return !isHeld && rows.length === rowsAtOnce;
  }
}
