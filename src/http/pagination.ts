import { z } from 'zod';
import { checkAnswerSize } from './answer-size.js';
import { queryNumber, querySchema } from './query.js';

const pageNumber = queryNumber({ least: 1, most: 1_000_000 }).default(1);

/** The query parameters every list takes. */
export function pageQuery(defaultPageSize = 50) {
  return querySchema({
    page: pageNumber.meta({ description: 'Page number, from 1' }),
    page_size: queryNumber({ least: 1, most: 100 })
      .default(defaultPageSize)
      .meta({ description: 'Items a page' }),
    order: z.enum(['asc', 'desc']).default('desc').meta({ description: 'Sort order' }),
  });
}

export interface PageRequest {
  page: number;
  page_size: number;
}

/** What a list answers: the flat paging fields, and the same with links. */
export interface Page<T> extends PageRequest {
  items: T[];
  total: number;
  pages: number;
  has_next: boolean;
  has_previous: boolean;
  pagination: {
    total: number;
    page: number;
    page_size: number;
    pages: number;
    links: { first: string; previous: string | null; next: string | null; last: string };
  };
}

export function pageSchema<S extends z.ZodType>(item: S) {
  const count = z.int().min(0);
  const flat = { total: count, page: count, page_size: count, pages: count };
  const link = z.string().nullable();
  return z.object({
    items: z.array(item),
    ...flat,
    has_next: z.boolean(),
    has_previous: z.boolean(),
    pagination: z.object({
      ...flat,
      links: z.object({ first: z.string(), previous: link, next: link, last: z.string() }),
    }),
  });
}

/**
 * Builds a page of a list.
 * @param url the request's path and query; the links repeat its other parameters
 * @param total how many items there are over all pages
 * @throws ANSWER_TOO_LARGE
 */
export function toPage<T>(items: T[], total: number, request: PageRequest, url: string): Page<T> {
  checkAnswerSize(items);
  const { page, page_size } = request;
  const pages = Math.ceil(total / page_size);
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const link = (target: number) => {
    searchParams.set('page', String(target));
    searchParams.set('page_size', String(page_size));
    return `${pathname}?${searchParams.toString()}`;
  };
  const has_next = page < pages;
  const has_previous = page > 1;
  return {
    items,
    total,
    page,
    page_size,
    pages,
    has_next,
    has_previous,
    pagination: {
      total,
      page,
      page_size,
      pages,
      links: {
        first: link(1),
        previous: has_previous ? link(Math.max(1, Math.min(page - 1, pages))) : null,
        next: has_next ? link(page + 1) : null,
        last: link(Math.max(1, pages)),
      },
    },
  };
}
