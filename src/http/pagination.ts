import { z } from 'zod';
import { AppError } from '../common/errors.js';
import { cursorParameter, Keyset, nextCursor, type Bind, type SortKey, type SortOrder } from './keyset.js';
import { queryNumber, querySchema } from './query.js';

const pageNumber = queryNumber({ least: 1, most: 1_000_000 }).default(1);

/** The query parameters of every list. */
export function pageQuery(defaultPageSize = 50) {
  return querySchema({
    page: pageNumber.meta({ description: 'Page number, from 1' }),
    page_size: queryNumber({ least: 1, most: 100 })
      .default(defaultPageSize)
      .meta({ description: 'Items per page' }),
    cursor: cursorParameter,
    order: z.enum(['asc', 'desc']).default('desc').meta({ description: 'Sort order' }),
  });
}

export interface PageRequest {
  page: number;
  page_size: number;
}

/** The parsed query parameters of every list: a page by its number or by a cursor. */
export interface PageQuery extends PageRequest {
  cursor?: string | undefined;
  order: SortOrder;
}

/** The response of a list: the flat paging fields, and the same in `pagination` with links. */
export interface Page<T> extends PageRequest {
  items: T[];
  total: number;
  total_is_exact: boolean;
  pages: number;
  has_next: boolean;
  has_previous: boolean;
  next_cursor: string | null;
  pagination: {
    total: number;
    total_is_exact: boolean;
    page: number;
    page_size: number;
    pages: number;
    links: { first: string; previous: string | null; next: string | null; last: string };
  };
}

/** The response field that says whether all items were counted. */
export const totalIsExact = z.boolean().meta({
  description:
    'Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others',
});

export function pageSchema<S extends z.ZodType>(item: S) {
  const count = z.int().min(0);
  const flat = { total: count, total_is_exact: totalIsExact, page: count, page_size: count, pages: count };
  const link = z.string().nullable();
  return z.object({
    items: z.array(item),
    ...flat,
    has_next: z.boolean(),
    has_previous: z.boolean(),
    next_cursor: nextCursor,
    pagination: z.object({
      ...flat,
      links: z.object({ first: z.string(), previous: link, next: link, last: z.string() }),
    }),
  });
}

/** A number of items: the exact one, or the number that was counted before counting ended. */
export interface Total {
  n: number;
  isExact: boolean;
}

/** The rows of a page by their place in the sort order, or in the reverse of it. */
export interface Slice {
  skip: number;
  take: number;
  isReversed: boolean;
}

/**
 * One page of a list. Its query reads `limit` rows, sorted by `orderBy`, from those `after` the cursor: one more than the page has,
 * which tells whether another page follows.
 */
export class PageWindow {
  /** The number of items of all pages, as the first page counted it and the cursor carries it; undefined without a cursor. */
  readonly total: Total | undefined;
  private readonly keyset: Keyset;
  private readonly page: number;

  /**
   * @param query the query with all its filters, to which a cursor is bound
   * @param url the request's path and query; the links repeat its parameters
   * @param keys the sort columns, which are unique together
   * @throws VALIDATION_INVALID_FORMAT for a cursor that is malformed or of another list, VALIDATION_ERROR for a page besides a cursor
   */
  constructor(
    private readonly query: PageQuery,
    private readonly url: string,
    keys: readonly SortKey[],
  ) {
    const { page, page_size: _, cursor, order, ...filters } = query;
    const { pathname } = new URL(url, 'http://localhost');
    this.keyset = new Keyset(keys, order, [pathname.replace(/\/+$/, ''), filters], cursor);
    if (cursor !== undefined && page !== 1)
      throw new AppError('VALIDATION_ERROR', { field: 'page', issue: 'Send a page or a cursor' });
    const [carriedPage = page, total, isExact] = this.keyset.carried;
    this.page = carriedPage;
    if (total !== undefined) this.total = { n: total, isExact: isExact !== 0 };
  }

  after(bind: Bind): string {
    return this.keyset.after(bind);
  }

  get orderBy(): string {
    return this.keyset.orderBy;
  }

  /** Builds the ORDER BY for the sort columns under other names. @param isReversed reads from the end */
  orderOf(columns: readonly string[], isReversed = false): string {
    return this.keyset.orderOf(columns, isReversed);
  }

  limit(bind: Bind): string {
    const { skip, take } = this.slice();
    return `LIMIT ${bind(take)} OFFSET ${bind(skip)}`;
  }

  /**
   * Returns which rows to read.
   * @param total the exact number of rows, with which a page in the second half is read from the end
   */
  slice(total = 0): Slice {
    const { page_size, cursor } = this.query;
    const skip = cursor === undefined ? (this.page - 1) * page_size : 0;
    const take = page_size + 1;
    if (skip < total / 2 || skip >= total) return { skip, take, isReversed: false };
    const last = Math.min(total, skip + take);
    return { skip: total - last, take: last - skip, isReversed: true };
  }

  /**
   * Builds the page.
   * @param rows the rows that were read, with the sort columns
   * @param total the `total` of this window, or the counted one
   */
  toPage<R extends object, T>(rows: R[], total: Total | number, toItem: (row: R) => T): Page<T> {
    const { page } = this;
    const { page_size } = this.query;
    const { n, isExact } = typeof total === 'number' ? { n: total, isExact: true } : total;
    // a page behind what was counted has counted its own rows
    const seen = rows.length > 0 ? (page - 1) * page_size + rows.length : 0;
    const known = isExact ? n : Math.max(n, seen);
    const { rows: shown, next_cursor } = this.keyset.cut(rows, page_size, [page + 1, known, Number(isExact)]);
    const items = shown.map(toItem);
    const pages = Math.ceil(known / page_size);
    const counts = { total: known, total_is_exact: isExact, page, page_size, pages };
    const links = this.links(counts.pages, next_cursor);
    return {
      items,
      ...counts,
      has_next: links.next !== null,
      has_previous: links.previous !== null,
      next_cursor,
      pagination: { ...counts, links },
    };
  }

  /** The links of the page; a cursor has a next page, but no previous one. */
  private links(pages: number, nextCursor: string | null): Page<unknown>['pagination']['links'] {
    const { page } = this;
    const isByCursor = this.query.cursor !== undefined;
    const at = (number: number) => this.link('page', String(number));
    const next = isByCursor ? nextCursor && this.link('cursor', nextCursor) : page < pages && at(page + 1);
    return {
      first: at(1),
      previous: isByCursor || page === 1 ? null : at(Math.max(1, Math.min(page - 1, pages))),
      next: next || null,
      last: at(Math.max(1, pages)),
    };
  }

  private link(name: 'page' | 'cursor', value: string): string {
    const { pathname, searchParams } = new URL(this.url, 'http://localhost');
    searchParams.delete(name === 'page' ? 'cursor' : 'page');
    searchParams.set(name, value);
    searchParams.set('page_size', String(this.query.page_size));
    return `${pathname}?${searchParams.toString()}`;
  }
}
