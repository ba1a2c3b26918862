/** Things that are matched with others one by one: each is taken once. */
export class Pool<T> {
  private readonly byKey = new Map<string, T[]>();

  constructor(items: readonly T[], keyOf: (item: T) => string) {
    for (const item of items) {
      const same = this.byKey.get(keyOf(item));
      if (same) same.push(item);
      else this.byKey.set(keyOf(item), [item]);
    }
  }

  /** Takes the first one with a key that also meets a condition; undefined when none is left. */
  take(key: string, isWanted: (item: T) => boolean = () => true): T | undefined {
    const same = this.byKey.get(key);
    const index = same?.findIndex(isWanted) ?? -1;
    return index < 0 ? undefined : same!.splice(index, 1)[0];
  }
}
