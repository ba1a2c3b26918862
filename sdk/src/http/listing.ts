/** What every list answers, beside its items. */
export interface AnyPage {
  /** Where the next page begins; null at the end. */
  nextCursor: string | null;
}

type ItemOf<P, K extends keyof P> = P[K] extends readonly (infer T)[] ? T : never;

/**
 * A list: awaited it is one page, and `for await` goes through the items of this page and all after it. It goes by cursor, so what
 * is created or removed meanwhile makes it neither skip nor repeat anything; sorted by what changes, such as `updated_at`, an item
 * moves when it is changed.
 */
export class Listing<P extends AnyPage, K extends keyof P = 'items' & keyof P>
  extends Promise<P>
  implements AsyncIterable<ItemOf<P, K>>
{
  /** What `then` gives is a plain promise. */
  static override get [Symbol.species]() {
    return Promise;
  }

  /**
   * @param fetch gives the page at a cursor; the one that was asked for without it
   * @param field of a page that has the items
   */
  constructor(
    private readonly fetch: (cursor?: string) => Promise<P>,
    private readonly field: K,
  ) {
    super((resolve, reject) => {
      fetch().then(resolve, reject);
    });
  }

  /** Page after page. */
  async *pages(): AsyncGenerator<P, void, undefined> {
    for (let page: P = await (this as Promise<P>); ; page = await this.fetch(page.nextCursor)) {
      yield page;
      if (page.nextCursor === null) return;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ItemOf<P, K>, void, undefined> {
    for await (const page of this.pages()) yield* page[this.field] as Awaited<ItemOf<P, K>>[];
  }

  /** All items. @param limit stops after so many */
  async all(limit = Infinity): Promise<ItemOf<P, K>[]> {
    const items: ItemOf<P, K>[] = [];
    for await (const item of this) {
      if (items.push(item) >= limit) break;
    }
    return items;
  }
}
