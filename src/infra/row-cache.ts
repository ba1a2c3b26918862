import type { Bus } from './bus.js';

const maxRows = 10_000;
/** A change is heard of at once through the bus; this bounds how long a lost message can matter. */
const maxAgeMs = 5_000;
const prefetchAttempts = 3;

/** Rows that nearly every request asks for, kept for up to 5 s; whoever hears of a change forgets the row. */
export class RowCache<Row> {
  private readonly rows = new Map<string, { row: Row | undefined; until: number }>();
  /** What is being looked up: whoever asks for it meanwhile shares it. */
  private readonly looking = new Map<string, Promise<Row | undefined>>();
  /** How often rows were forgotten, which tells whether that happened while others were looked up. */
  private forgotten = 0;

  /** @param bus to forget everything when messages may have been missed */
  constructor(bus: Bus) {
    bus.onUnheard(() => {
      this.forgotten += 1;
      this.looking.clear();
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
    const shared = this.looking.get(key);
    if (shared) return shared;
    const begun = look();
    this.looking.set(key, begun);
    try {
      const row = await begun;
      // what was read before a change must not be kept after it
      if (this.looking.get(key) === begun) this.keep(key, row);
      return row;
    } finally {
      if (this.looking.get(key) === begun) this.looking.delete(key);
    }
  }

  private keep(key: string, row: Row | undefined): void {
    if (this.rows.size >= maxRows) this.rows.clear();
    this.rows.set(key, { row, until: Date.now() + maxAgeMs });
  }

  /**
   * Looks up at once what is not known of the keys, for who is about to ask for each of them.
   * @param look gives the rows that there are, by their keys
   */
  async prefetch(keys: Iterable<string>, look: (keys: string[]) => Promise<Map<string, Row>>): Promise<void> {
    const now = Date.now();
    const unknown = [...new Set(keys)].filter((key) => (this.rows.get(key)?.until ?? 0) <= now);
    if (unknown.length === 0) return;
    for (let attempt = 1; ; attempt += 1) {
      const { forgotten } = this;
      const found = await look(unknown);
      // as in `get`; where changes follow one another so fast, each row is looked up when it is asked for
      if (forgotten !== this.forgotten) {
        if (attempt === prefetchAttempts) return;
        continue;
      }
      if (this.rows.size + unknown.length > maxRows) this.rows.clear();
      const until = Date.now() + maxAgeMs;
      for (const key of unknown) this.rows.set(key, { row: found.get(key), until });
      return;
    }
  }

  /** Forgets the rows that have changed, and what is being looked up at this moment. */
  forget(isChanged: (row: Row) => boolean): void {
    this.forgotten += 1;
    // nor is it for who asks after it
    this.looking.clear();
    for (const [key, { row }] of this.rows) if (row && isChanged(row)) this.rows.delete(key);
  }
}
