import { Injectable } from '@nestjs/common';
import { toInstant } from '../common/fields.js';
import { PageWindow } from '../http/pagination.js';
import type { Actor } from '../common/permissions.js';
import { visibleEntityTypes } from '../common/scopes.js';
import { shownValue } from '../activity/shown-value.js';
import { listedCommandColumns } from '../executions/listed-command.js';
import { countSome, Database } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import type { HistoryQuery, SessionEvent, SessionHistory } from './session-history.schema.js';
import { requireSession } from './sessions.queries.js';

type Row = Omit<SessionEvent, 'timestamp'> & { at: Date; sequence: string };

/**
 * The activity of the owner $2 in the session $1, about the types of entities $3, which null does not narrow. Any user can send any
 * session id, so entries of other users are left out.
 */
const ofSession = 'a.session_id = $1 AND a.actor_id = $2 AND ($3::text[] IS NULL OR a.entity_type = ANY($3))';

const execution = `
  SELECT jsonb_build_object('execution_id', e.id, 'command', l.command, 'command_truncated', l.command_truncated, 'status', e.status, 'exit_code', e.exit_code)
    FROM executions e CROSS JOIN LATERAL (SELECT ${listedCommandColumns('e')}) AS l`;

/**
 * An SQL expression for the execution that the activity entry `a` requested. The execution of a task was created in the transaction of the
 * entry, so both have the same time.
 */
const commandOf = `CASE
  WHEN a.entity_type = 'execution' THEN (${execution} WHERE e.id = a.entity_id)
  WHEN a.entity_type = 'task' AND a.new_value = '"queued"'
  THEN (${execution} WHERE e.task_id = a.entity_id AND e.created_at = a.at LIMIT 1) END`;

@Injectable()
export class SessionHistoryService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
  ) {}

  /**
   * Lists a page of what the owner of a session did in it, as far as the scopes of the actor's token show it.
   * @throws RESOURCE_NOT_FOUND
   */
  async page(actor: Actor, id: string, query: HistoryQuery, url: string): Promise<SessionHistory> {
    const window = new PageWindow(query, url, [['a.sequence', 'sequence']]);
    const { user_id } = await requireSession(this.database, actor, id, 'read');
    const shown = [id, user_id, visibleEntityTypes(actor) ?? null];
    const values: unknown[] = [...shown];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const [rows, total] = await this.heavy.read(actor, (tx) =>
      Promise.all([
        tx.query<Row>(
          `SELECT a.sequence, a.id, a.at, a.action, a.entity_type, a.entity_id, a.project_id,
                ${shownValue('a.old_value')} AS old_value, ${shownValue('a.new_value')} AS new_value,
                ${commandOf} AS command
           FROM (SELECT a.sequence FROM activity a WHERE ${ofSession} AND ${window.after(bind)}
                 ${window.orderBy} ${window.limit(bind)}) AS page JOIN activity a USING (sequence) ${window.orderBy}`,
          values,
        ),
        window.total ?? countSome(tx, `FROM activity a WHERE ${ofSession}`, shown),
      ]),
    );
    const toEvent = ({ at, sequence: _, ...row }: Row) => ({ ...row, timestamp: toInstant(at) });
    return { session_id: id, ...window.toPage(rows, total, toEvent) };
  }
}
