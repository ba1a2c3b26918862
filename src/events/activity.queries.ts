import { shownValue } from '../activity/shown-value.js';
import type { Queryable } from '../infra/database.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import type { ActivityQuery } from './activity.schema.js';

export interface ActivityRow extends Record<string, unknown> {
  sequence: string;
  at: Date;
  actor_id: string | null;
  actor_kind: 'person' | 'agent' | 'key' | null;
  actor_name: string | null;
  entity_type: string;
  entity_id: string;
  project_id: string | null;
  action: string;
  old_value: unknown;
  new_value: unknown;
}

/** Who asks: $1 and $2 of the statements. */
export interface Reader {
  id: string;
  isAdministrator: boolean;
}

/** What a page is about: one project or one thing, everything, or all projects that the reader may see. */
export type Scope = { project: string } | { entity: string } | 'all' | 'visible';

/** The columns of an entry `a`, whose actor is `u`. */
export const shownEntry = `a.sequence, a.at, a.actor_id, u.kind AS actor_kind, coalesce(u.full_name, u.username) AS actor_name, a.entity_type,
  a.entity_id, a.project_id, a.action, ${shownValue('a.old_value')} AS old_value, ${shownValue('a.new_value')} AS new_value`;

/** With filters a page looks at so many numbers of the sequence, so that a filter which nothing matches costs no more than others. */
export const mostWalked = 100_000;
/** Numbers are given in the order of the statements, times in that of the transactions: so far they can differ. */
const slack = 1_000;

/** Finds the users that a name of an actor means. */
export async function actorsNamed(
  db: Queryable,
  { kind, name }: { kind: 'human' | 'ai'; name: string },
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    kind === 'human'
      ? `SELECT id FROM users WHERE kind = 'person' AND username = lower($1)`
      : `SELECT id FROM users WHERE kind <> 'person' AND (username = lower($1) OR full_name = $1) ORDER BY id DESC LIMIT 200`,
    [name],
  );
  return rows.map(({ id }) => id);
}

/**
 * Reads a page of the activity, the latest first: one entry more than the limit.
 * @param actors the ids of the actors; undefined for any
 * @param types the types of things that may be shown; undefined for all
 * @returns the entries, and from where the search goes on when it has ended early
 */
export async function activityPage(
  db: Queryable,
  reader: Reader,
  scope: Scope,
  query: ActivityQuery,
  { actors, types }: { actors: string[] | undefined; types: readonly string[] | undefined },
): Promise<{ rows: ActivityRow[]; cutAt: number | null }> {
  const values: unknown[] = [reader.id, reader.isAdministrator];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const filters: string[] = ['$1::uuid IS NOT NULL', '$2::boolean IS NOT NULL'];
  if (query.entity_type !== undefined) filters.push(`a.entity_type = ${bind(query.entity_type)}`);
  if (query.entity_id !== undefined) filters.push(`a.entity_id = ${bind(query.entity_id)}`);
  if (query.action !== undefined) filters.push(`a.action = ${bind(query.action)}`);
  if (actors !== undefined) filters.push(`a.actor_id = ANY (${bind(actors)}::uuid[])`);
  if (types !== undefined) filters.push(`a.entity_type = ANY (${bind(types)}::text[])`);
  if (query.from !== undefined) filters.push(`a.at >= ${bind(query.from)}`);
  if (query.to !== undefined) filters.push(`a.at <= ${bind(query.to)}`);

  const isNarrow = typeof scope === 'object' && 'entity' in scope;
  const isFiltered = filters.length > 2 && !isNarrow;
  const { first, last } = await boundsOf(db, query);
  const floor = isFiltered ? Math.max(first, last - mostWalked) : first;
  filters.push(`a.sequence < ${bind(last)}`, `a.sequence >= ${bind(floor)}`);
  const limit = bind(query.limit + 1);
  const condition = filters.join(' AND ');
  const page = pageOf(scope, condition, limit, bind);
  const rows = await db.query<ActivityRow>(
    `SELECT ${shownEntry}
       FROM (${page}) AS page JOIN activity a USING (sequence) LEFT JOIN users u ON u.id = a.actor_id
      ORDER BY a.sequence DESC`,
    values,
  );
  return { rows, cutAt: isFiltered && floor > first ? floor : null };
}

/** Builds the statement that finds the entries of a page. */
function pageOf(scope: Scope, condition: string, limit: string, bind: (value: unknown) => string): string {
  if (scope === 'all')
    return `SELECT a.sequence FROM activity a WHERE ${condition} ORDER BY a.sequence DESC LIMIT ${limit}`;
  if (scope === 'visible') {
    // of each project its latest entry, and then the entries of those whose latest ones are the latest of all
    const of = (most: string) =>
      `SELECT a.sequence FROM activity a WHERE a.project_id = p.id AND ${condition}
        ORDER BY a.project_id DESC, a.sequence DESC LIMIT ${most}`;
    return `WITH p AS MATERIALIZED (
        SELECT p.id FROM projects p ${memberJoin} WHERE p.deleted_at IS NULL AND ${visible}),
      heads AS MATERIALIZED (
        SELECT p.id, h.sequence FROM p CROSS JOIN LATERAL (${of('1')}) AS h ORDER BY h.sequence DESC LIMIT ${limit})
      SELECT e.sequence FROM heads p CROSS JOIN LATERAL (${of(limit)}) AS e ORDER BY e.sequence DESC LIMIT ${limit}`;
  }
  const [column, value] = 'project' in scope ? ['project_id', scope.project] : ['entity_id', scope.entity];
  // a thing may have been in projects that the reader does not see
  const seen =
    'project' in scope
      ? 'true'
      : `($2::boolean OR a.project_id IN (SELECT p.id FROM projects p ${memberJoin} WHERE p.deleted_at IS NULL AND ${visible}))`;
  return `SELECT a.sequence FROM activity a WHERE a.${column} = ${bind(value)} AND ${seen} AND ${condition}
    ORDER BY a.${column} DESC, a.sequence DESC LIMIT ${limit}`;
}

/** The numbers between which the entries of a query can be: from `first` on, before `last`. */
async function boundsOf(
  db: Queryable,
  { before, from, to }: ActivityQuery,
): Promise<{ first: number; last: number }> {
  const [row] = await db.query<{ first: string; last: string }>(
    `SELECT coalesce((SELECT sequence - ${slack} FROM activity WHERE at >= $1 ORDER BY at LIMIT 1),
                     (SELECT sequence FROM activity ORDER BY sequence LIMIT 1), 0) AS first,
            least($3::bigint, (SELECT sequence + ${slack} FROM activity WHERE at <= $2 ORDER BY at DESC LIMIT 1),
                  (SELECT sequence + 1 FROM activity ORDER BY sequence DESC LIMIT 1)) AS last`,
    [from ?? null, to ?? null, before ?? null],
  );
  return { first: Number(row?.first ?? 0), last: Number(row?.last ?? 0) };
}

/** Reads the entries after a number, in the order of the numbers. */
export function entriesAfter(db: Queryable, after: number, limit: number): Promise<ActivityRow[]> {
  return db.query<ActivityRow>(
    `SELECT ${shownEntry} FROM (SELECT * FROM activity WHERE sequence > $1 ORDER BY sequence LIMIT $2) AS a
       LEFT JOIN users u ON u.id = a.actor_id ORDER BY a.sequence`,
    [after, limit],
  );
}

/** Returns the number of the last entry; 0 without any. */
export async function lastSequence(db: Queryable): Promise<number> {
  const [row] = await db.query<{ sequence: string }>(
    'SELECT sequence FROM activity ORDER BY sequence DESC LIMIT 1',
  );
  return Number(row?.sequence ?? 0);
}

/**
 * Lists the transactions that write activity now. A transaction has this lock before it draws its first number, and until it ends; it may
 * have no transaction id yet when it draws the number, so ids would not do.
 */
export async function writersOfActivity(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ writer: string }>(
    `SELECT virtualtransaction AS writer FROM pg_locks
      WHERE locktype = 'relation' AND relation = 'activity'::regclass AND mode = 'RowExclusiveLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rows.map(({ writer }) => writer);
}
