import type { Queryable } from '../infra/database.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import { mostWalked, shownEntry, type ActivityRow, type Reader } from './activity.queries.js';

/** Which entries somebody has missed. */
export interface Missed {
  reader: Reader;
  /** The project that they are of, which the reader may see; undefined for all that the reader may see. */
  projectId: string | undefined;
  /** The types of things that they are about; undefined for all. */
  types: readonly string[] | undefined;
  /** The number behind which they are. */
  after: number;
  /** The last number that may be read. */
  upTo: number;
}

/**
 * Reads entries that somebody has missed, in the order of their numbers. What the reader may not see is not read, so it costs nothing; a
 * deleted project counts, since its deletion is among the entries.
 * @returns the entries, and the number up to which there are no others
 */
export async function missedEntries(
  db: Queryable,
  missed: Missed,
  limit: number,
): Promise<{ rows: ActivityRow[]; end: number }> {
  const { types, after } = missed;
  // types that nothing is of must not cost a look at everything in one statement
  const upTo = types ? Math.min(missed.upTo, after + mostWalked) : missed.upTo;
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const page = pageOf({ ...missed, upTo }, limit, bind);
  // as an array: with a join the planner reads the whole of a table of up to 30,000 entries, since it expects a full page
  const rows = await db.query<ActivityRow>(
    `SELECT ${shownEntry} FROM activity a LEFT JOIN users u ON u.id = a.actor_id
      WHERE a.sequence = ANY (ARRAY(${page})) ORDER BY a.sequence`,
    values,
  );
  return { rows, end: rows.length < limit ? upTo : Number(rows.at(-1)!.sequence) };
}

/** Builds the statement that finds the numbers of a page. */
function pageOf(
  { reader, projectId, types, after, upTo }: Missed,
  limit: number,
  bind: (value: unknown) => string,
): string {
  // the statement of `visible` has the reader as $1 and $2
  const isOfVisible = projectId === undefined && !reader.isAdministrator;
  if (isOfVisible) for (const value of [reader.id, reader.isAdministrator]) bind(value);
  const among =
    `a.sequence > ${bind(after)} AND a.sequence <= ${bind(upTo)}` +
    (types ? ` AND a.entity_type = ANY (${bind(types)}::text[])` : '');
  const most = bind(limit);
  const ofProject = (project: string, count: string) =>
    `SELECT a.sequence FROM activity a WHERE a.project_id = ${project} AND ${among}
      ORDER BY a.project_id, a.sequence LIMIT ${count}`;
  if (projectId !== undefined) return ofProject(bind(projectId), most);
  if (!isOfVisible)
    return `SELECT a.sequence FROM activity a WHERE ${among} ORDER BY a.sequence LIMIT ${most}`;
  // of each project its first entry, and then the entries of those whose first ones are the first of all
  return `WITH p AS MATERIALIZED (SELECT p.id FROM projects p ${memberJoin} WHERE ${visible}),
    heads AS MATERIALIZED (
      SELECT p.id, h.sequence FROM p CROSS JOIN LATERAL (${ofProject('p.id', '1')}) AS h
       ORDER BY h.sequence LIMIT ${most})
    SELECT e.sequence FROM heads p CROSS JOIN LATERAL (${ofProject('p.id', most)}) AS e
     ORDER BY e.sequence LIMIT ${most}`;
}
