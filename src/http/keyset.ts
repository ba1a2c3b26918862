import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../common/errors.js';
import { sentInstant } from '../common/fields.js';

/** For each type of sort column, the schema of its value in a cursor and the SQL type that it is compared as. */
const columnTypes = {
  instant: { sql: 'timestamptz', value: sentInstant },
  // the far end of time, which JSON has no word for
  instantOrNever: { sql: 'timestamptz', value: z.union([sentInstant, z.literal('infinity')]) },
  integer: { sql: 'integer', value: z.int32() },
  sequence: { sql: 'bigint', value: z.string().regex(/^\d{1,18}$/) },
  text: {
    sql: 'text',
    value: z
      .string()
      .regex(/^\P{Cs}*$/u)
      .refine((text) => !text.includes('\0')),
  },
  id: { sql: 'uuid', value: z.uuid() },
};

/** A sort column: its SQL, such as `t.created_at`, and its type. Rows have the value under the part after the last dot. */
export type SortKey = readonly [column: string, type: keyof typeof columnTypes];

export type SortOrder = 'asc' | 'desc';
export type Bind = (value: unknown) => string;

/** The longest cursor, which has room for a title of a thousand characters that are all escaped. */
const maxCursorLength = 10_000;

/** The query parameter of lists that are paged by cursor. */
export const cursorParameter = z.string().max(maxCursorLength).optional().meta({
  description:
    'The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page',
});

/** The response field with the cursor of the next page; null when there is none. */
export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'The `cursor` of the next page; null on the last page' });

/**
 * Keyset pagination: a page is read from a position in the sort order. It costs the same however deep it is, and rows that are inserted
 * or removed before the position do not shift those after it.
 */
export class Keyset {
  /** Numbers that the cursor carries besides the position. */
  readonly carried: readonly number[];
  private readonly position: readonly unknown[] | undefined;
  private readonly fingerprint: string;

  /**
   * @param keys the sort columns, which are unique together
   * @param scope the list and its filters, to which the cursor is bound
   * @param cursor a `next_cursor`; undefined for the first page
   * @throws VALIDATION_INVALID_FORMAT for a cursor that is malformed or of another list
   */
  constructor(
    private readonly keys: readonly SortKey[],
    private readonly order: SortOrder,
    scope: unknown,
    cursor: string | undefined,
  ) {
    this.fingerprint = createHash('sha256')
      .update(JSON.stringify([keys, order, scope]))
      .digest('base64url')
      .slice(0, 11);
    const { position, carried } = cursor === undefined ? beginning : this.decode(cursor);
    this.position = position;
    this.carried = carried;
  }

  /** The SQL condition for the rows after the position. */
  after(bind: Bind): string {
    const { position } = this;
    if (position === undefined) return 'true';
    const bound = this.keys.map(([, type], index) => `${bind(position[index])}::${columnTypes[type].sql}`);
    const columns = this.keys.map(([column]) => column);
    return `(${columns.join(', ')}) ${this.order === 'asc' ? '>' : '<'} (${bound.join(', ')})`;
  }

  get orderBy(): string {
    return this.orderOf(this.keys.map(([column]) => column));
  }

  /** Builds the ORDER BY for the sort columns under other names. @param isReversed reads from the end */
  orderOf(columns: readonly string[], isReversed = false): string {
    const order = isReversed === (this.order === 'asc') ? 'DESC' : 'ASC';
    return `ORDER BY ${columns.map((column) => `${column} ${order}`).join(', ')}`;
  }

  /**
   * Removes the row that was read beyond the page, and makes the cursor of the next page if there was one.
   * @param carried numbers that the cursor carries
   */
  cut<R extends object>(rows: R[], limit: number, carried?: readonly number[]) {
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return { rows: shown, next_cursor: last === undefined ? null : this.cursorAfter(last, carried) };
  }

  private cursorAfter(row: object, carried: readonly number[] = []): string {
    const values = this.keys.map(([column]) => {
      const value = (row as Record<string, unknown>)[column.slice(column.lastIndexOf('.') + 1)];
      if (value === Infinity) return 'infinity';
      return value instanceof Date ? value.toISOString() : value;
    });
    return Buffer.from(JSON.stringify([this.fingerprint, values, carried])).toString('base64url');
  }

  private decode(cursor: string): { position: readonly unknown[]; carried: readonly number[] } {
    const types = this.keys.map(([, type]) => columnTypes[type].value);
    const shape = z.tuple([
      z.string(),
      z.tuple(types as unknown as [z.ZodType, ...z.ZodType[]]),
      z.array(z.int().min(0)).max(3),
    ]);
    const [fingerprint, values, carried] = z
      .tuple([z.string(), z.unknown(), z.unknown()])
      .safeParse(fromText(cursor)).data ?? [undefined];
    if (fingerprint === undefined) throw refused('Send a next_cursor as it was answered');
    if (fingerprint !== this.fingerprint)
      throw refused('The cursor is of a list with other filters or another sort: begin again without it');
    const read = shape.safeParse([fingerprint, values, carried]);
    if (!read.success) throw refused('Send a next_cursor as it was answered');
    return { position: read.data[1], carried: read.data[2] };
  }
}

const beginning = { position: undefined, carried: [] };

function fromText(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function refused(issue: string): AppError {
  return new AppError('VALIDATION_INVALID_FORMAT', { field: 'cursor', issue });
}
