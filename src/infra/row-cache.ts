import type { Bus } from './bus.js';

const maxRows = 10_000;
/** The time until a row is read again. Changes are published on the bus; this bounds the effect of a lost message. */
const maxAgeMs = 5_000;
const prefetchAttempts = 3;

/** Caches rows that nearly every request needs, for up to 5 s. Subscribers of change events call `forget`. */
export class RowCache<Row> {
  private readonly rows = new Map<string, { row: Row | undefined; until: number }>();
  /** Look-ups in progress, shared by concurrent calls for the same key. */
  private readonly loading = new Map<string, Promise<Row | undefined>>();
  /** Counts invalidations, to detect one during a look-up. */
  private forgotten = 0;

  /** @param bus clears the cache when messages may have been missed */
  constructor(bus: Bus) {
    bus.onOutage(() => {
      this.forgotten += 1;
      this.loading.clear();
      this.rows.clear();
    });
  }

  /**
   * Returns the row of a key, from the cache or from the database.
   * @returns undefined when there is none, which is cached as well
   */
  async get(key: string, look: () => Promise<Row | undefined>): Promise<Row | undefined> {
    const known = this.rows.get(key);
    if (known && known.until > Date.now()) return known.row;
    const shared = this.loading.get(key);
    if (shared) return shared;
    const begun = look();
    this.loading.set(key, begun);
    try {
      const row = await begun;
      // a row that was read before a change must not be cached after it
      if (this.loading.get(key) === begun) this.keep(key, row);
      return row;
    } finally {
      if (this.loading.get(key) === begun) this.loading.delete(key);
    }
  }

  private keep(key: string, row: Row | undefined): void {
    if (this.rows.size >= maxRows) this.rows.clear();
    this.rows.set(key, { row, until: Date.now() + maxAgeMs });
  }

  /**
   * Loads the rows of several keys in one query, before each of them is requested by `get`.
   * @param look returns the existing rows by key
   */
  async prefetch(keys: Iterable<string>, look: (keys: string[]) => Promise<Map<string, Row>>): Promise<void> {
    const now = Date.now();
    const unknown = [...new Set(keys)].filter((key) => (this.rows.get(key)?.until ?? 0) <= now);
    if (unknown.length === 0) return;
    for (let attempt = 1; ; attempt += 1) {
      const { forgotten } = this;
      const found = await look(unknown);
      // a row that was read before a change must not be cached; after several such attempts `get` looks up each row
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

  /** Removes the rows that have changed, and keeps look-ups in progress from being cached. */
  forget(isChanged: (row: Row) => boolean): void {
    this.forgotten += 1;
    // later calls must not share a look-up that began before the change
    this.loading.clear();
    for (const [key, { row }] of this.rows) if (row && isChanged(row)) this.rows.delete(key);
  }
}
