/** The fields of every page, besides its items. */
export interface AnyPage {
  /** The cursor of the next page; null on the last one. */
  nextCursor: string | null;
}

type ItemOf<P, K extends keyof P> = P[K] extends readonly (infer T)[] ? T : never;

/**
 * A list of the API. Awaiting it returns one page; `for await` iterates over the items of this page and all later ones. Iteration uses
 * cursors: it neither skips nor repeats items when others are created or removed meanwhile. When the list is sorted by a field that
 * changes, such as `updated_at`, a changed item can appear again.
 */
export class Listing<P extends AnyPage, K extends keyof P = 'items' & keyof P>
  extends Promise<P>
  implements AsyncIterable<ItemOf<P, K>>
{
  /** Makes `then` return a plain promise. */
  static override get [Symbol.species]() {
    return Promise;
  }

  /**
   * @param fetch fetches the page at a cursor, or the requested page without one
   * @param field of a page that holds the items
   */
  constructor(
    private readonly fetch: (cursor?: string) => Promise<P>,
    private readonly field: K,
  ) {
    super((resolve, reject) => {
      fetch().then(resolve, reject);
    });
  }

  /** Iterates over the pages, beginning with this one. */
  async *pages(): AsyncGenerator<P, void, undefined> {
    for (let page: P = await (this as Promise<P>); ; page = await this.fetch(page.nextCursor)) {
      yield page;
      if (page.nextCursor === null) return;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ItemOf<P, K>, void, undefined> {
    for await (const page of this.pages()) yield* page[this.field] as Awaited<ItemOf<P, K>>[];
  }

  /** Collects the items of this page and all later ones. @param limit the most to collect */
  async all(limit = Infinity): Promise<ItemOf<P, K>[]> {
    const items: ItemOf<P, K>[] = [];
    for await (const item of this) {
      if (items.push(item) >= limit) break;
    }
    return items;
  }
}
