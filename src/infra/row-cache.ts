import type { Bus } from './bus.js';

const maxRows = 10_000;
/** A change is heard of at once through the bus; this bounds how long a lost message can matter. */
const maxAgeMs = 5_000;

/** Rows that nearly every request asks for, kept for up to 5 s; whoever hears of a change forgets the row. */
export class RowCache<Row> {
  private readonly rows = new Map<string, { row: Row | undefined; until: number }>();
  private forgotten = 0;

  /** @param bus to forget everything when messages may have been missed */
  constructor(bus: Bus) {
    bus.onInterrupted(() => {
      this.forgotten += 1;
      this.rows.clear();
    });
  }

  /**
   * Gives the row of a key, which is looked up only when it is not known.
   * @returns undefined when there is none, which is remembered as well
   */
  async get(key: string, look: () => Promise<Row | undefined>): Promise<Row | undefined> {
    const known = this.rows.get(key);
    if (known && known.until > Date.now()) return known.row;
    const { forgotten } = this;
    const row = await look();
    // what was read before a change must not be kept after it
    if (forgotten !== this.forgotten) return row;
    if (this.rows.size >= maxRows) this.rows.clear();
    this.rows.set(key, { row, until: Date.now() + maxAgeMs });
    return row;
  }

  /** Forgets the rows that have changed, and what is being looked up at this moment. */
  forget(isChanged: (row: Row) => boolean): void {
    this.forgotten += 1;
    for (const [key, { row }] of this.rows) if (row && isChanged(row)) this.rows.delete(key);
  }
}
