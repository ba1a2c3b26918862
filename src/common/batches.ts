/** Yields the items in batches of at most `size`, each of which fits one statement. */
export function* batchesOf<T>(items: Iterable<T>, size: number): Generator<T[]> {
  const all = [...items];
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
