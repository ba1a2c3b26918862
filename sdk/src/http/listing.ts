/** What every list answers. */
export interface AnyPage {
  items: unknown[];
  page: number;
  hasNext: boolean;
}

/**
 * A list: awaited it is one page, and `for await` goes through the items of this page and all after it. What is created or
 * removed meanwhile moves items between pages.
 */
export class Listing<P extends AnyPage> extends Promise<P> implements AsyncIterable<P['items'][number]> {
  /** What `then` gives is a plain promise. */
  static override get [Symbol.species]() {
    return Promise;
  }

  /** @param fetch gives a page; the one that was asked for when no number is said */
  constructor(private readonly fetch: (page?: number) => Promise<P>) {
    super((resolve, reject) => {
      fetch().then(resolve, reject);
    });
  }

  /** Page after page. */
  async *pages(): AsyncGenerator<P, void, undefined> {
    for (let page: P = await (this as Promise<P>); ; page = await this.fetch(page.page + 1)) {
      yield page;
      if (!page.hasNext) return;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<P['items'][number], void, undefined> {
    for await (const { items } of this.pages()) yield* items as Awaited<P['items'][number]>[];
  }

  /** All items. @param limit stops after so many */
  async all(limit = Infinity): Promise<P['items'][number][]> {
    const items: P['items'][number][] = [];
    for await (const item of this) {
      if (items.push(item) >= limit) break;
    }
    return items;
  }
}
