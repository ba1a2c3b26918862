import { Injectable } from '@nestjs/common';
import { toInstant } from '../common/fields.js';
import { AppError } from '../common/errors.js';
import { Keyset } from '../http/keyset.js';
import type { Actor } from '../common/permissions.js';
import { executionStatuses } from '../executions/transitions/execution-state.js';
import type { Execution } from '../executions/execution.entity.js';
import type { WithListedCommand } from '../executions/listed-command.js';
import { countSome, Database } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { visible } from '../projects/projects.queries.js';
import { listedColumns, toListed, type HistoryQuery } from './commands.schema.js';

/** The most running commands in a list; the total counts the others, too. */
const maxRunning = 500;

@Injectable()
export class CommandListsService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
  ) {}

  /** Lists the running commands: the actor's own, those of projects that the actor may see, and all of them for administrators. */
  async running(actor: Actor) {
    const rows = await this.database.query<Execution & WithListedCommand & { total: number }>(
      `SELECT ${listedColumns}, e.requested_by, count(*) OVER ()::int AS total
         FROM executions e
         LEFT JOIN projects p ON p.id = e.project_id AND p.deleted_at IS NULL
         LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = $1
        WHERE e.status = 'running'
          AND ($2::boolean OR (e.project_id IS NULL AND e.requested_by = $1) OR (p.id IS NOT NULL AND ${visible}))
        ORDER BY e.started_at, e.id LIMIT $3`,
      [actor.id, actor.role === 'admin', maxRunning],
    );
    return {
      commands: rows.map((row) => ({ ...toListed(row), requested_by: row.requested_by })),
      total_running: rows[0]?.total ?? 0,
    };
  }

  /** Lists the commands without a task that the actor has requested, the latest first. @throws VALIDATION_INVALID_FORMAT for the cursor */
  async history(actor: Actor, { limit, offset, status, cursor }: HistoryQuery) {
    const keyset = new Keyset([['e.id', 'id']], 'desc', ['commands', actor.id, status], cursor);
    if (cursor !== undefined && offset > 0)
      throw new AppError('VALIDATION_ERROR', { field: 'offset', issue: 'Send an offset or a cursor' });
    const [skipped = offset, counted, wasExact] = keyset.carried;
    const filters = [actor.id, status ?? executionStatuses];
    const values: unknown[] = [...filters];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const commands = (
      columns: string,
      rest: string,
    ) => `SELECT ${columns} FROM unnest($2::text[]) AS s (status) CROSS JOIN LATERAL (
      SELECT * FROM executions e WHERE e.requested_by = $1 AND e.task_id IS NULL AND e.status = s.status ${rest}) AS e`;
    const most = bind(offset + limit + 1);
    // an index has the commands of each status in order
    const first = `AND ${keyset.after(bind)} ${keyset.orderBy} LIMIT ${most}`;
    const [found, { n: total, isExact }] = await this.heavy.read(actor, (tx) =>
      Promise.all([
        tx.query<Execution & WithListedCommand>(
          `${commands(`${listedColumns}, e.exit_code, e.reason`, first)} ${keyset.orderBy} LIMIT ${bind(limit + 1)} OFFSET ${bind(offset)}`,
          values,
        ),
        counted === undefined
          ? countSome(tx, `FROM (${commands('1', 'OFFSET 0')}) AS c`, filters)
          : { n: counted, isExact: wasExact !== 0 },
      ]),
    );
    const { rows, next_cursor } = keyset.cut(found, limit, [skipped + limit, total, Number(isExact)]);
    const shown = rows.map((row) => {
      const { exit_code, reason } = row;
      return { ...toListed(row), completed_at: toInstant(row.finished_at), exit_code, reason };
    });
    return { commands: shown, total, total_is_exact: isExact, limit, offset: skipped, next_cursor };
  }
}
