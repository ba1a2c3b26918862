/** What has the same key, and how many of it from the first on need not be looked at any more. */
interface Queue<T> {
  items: T[];
  passed: number;
}

/** Things that are matched with others one by one: each is taken once. Taking all of them takes time that grows with their number. */
export class Pool<T> {
  private readonly byKey = new Map<string, Queue<T>>();
  private readonly byDetail = new Map<string, Map<string, Queue<T>>>();
  private readonly taken = new Set<T>();

  /**
   * @param items each is an object of its own
   * @param detailOf tells things with the same key apart
   */
  constructor(items: readonly T[], keyOf: (item: T) => string, detailOf?: (item: T) => string) {
    for (const item of items) {
      const key = keyOf(item);
      add(this.byKey, key, item);
      if (!detailOf) continue;
      let details = this.byDetail.get(key);
      if (!details) this.byDetail.set(key, (details = new Map()));
      add(details, detailOf(item), item);
    }
  }

  /** Takes the first one with a key and, when it is given, with a detail; undefined when none is left. */
  take(key: string, detail?: string): T | undefined {
    const queue = detail === undefined ? this.byKey.get(key) : this.byDetail.get(key)?.get(detail);
    while (queue && queue.passed < queue.items.length) {
      const item = queue.items[queue.passed++]!;
      if (this.taken.has(item)) continue;
      this.taken.add(item);
      return item;
    }
    return undefined;
  }
}

function add<T>(queues: Map<string, Queue<T>>, key: string, item: T): void {
  const queue = queues.get(key);
  if (queue) queue.items.push(item);
  else queues.set(key, { items: [item], passed: 0 });
}
