import { Injectable } from '@nestjs/common';
import { backgroundTurn } from '../common/background-turns.js';
import { newId } from '../common/ids.js';
import { jsonPieces } from '../common/json-pieces.js';
import type { ActivityEvent } from '../common/event-map.js';
import type { Actor } from '../common/permissions.js';
import type { EntityType } from '../common/scopes.js';
import { joinChosen } from '../infra/chosen-rows.js';
import type { Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import type { WebhookEvent } from './webhook-events.js';

export interface ActivityEntry {
  /** Null when Millrace itself acts. */
  actor: Pick<Actor, 'id' | 'sessionId' | 'requestId'> | null;
  entityType: EntityType;
  entityId: string;
  projectId?: string | null | undefined;
  action: string;
  oldValue?: unknown;
  newValue?: unknown;
  /** The webhook event of the write, with the `data` of its message. */
  event?: { name: WebhookEvent; data: Record<string, unknown> } | undefined;
  /** The new state of a task, which is published to WebSockets. */
  task?: ActivityEvent['task'] | undefined;
}

/** The row that Postgres returns for a stored entry. */
export interface RecordedActivity {
  id: string;
  at: Date;
  /** The number of webhook deliveries that were created with the entry. */
  pending: number;
}

/** The SQL expression for a new UUID of version 7 (RFC 9562 §5.7); Postgres has a function for it only since version 18. */
const uuid7 = `encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
  PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid`;

/** SQL expressions for the event whose deliveries are inserted. */
interface EventExpressions {
  /** An array of the event's name and the patterns that match it; null when there is no event. */
  events: string;
  projectId: string;
  /** The `data` of the event's message. */
  data: string;
  /** The relation that the expressions refer to, with a row per event; absent when they are parameters. */
  from?: string;
}

/** Builds the statement that inserts the deliveries of an event to the webhooks that subscribe to it and whose creators may see it. */
const insertDeliveries = ({ events, projectId, data, from }: EventExpressions) => `
    INSERT INTO webhook_deliveries (id, webhook_id, event, data, next_attempt_at)
    SELECT ${uuid7}, w.id, (${events})[1], ${data}, now() FROM ${from ? `${from}, ` : ''}webhooks w
      JOIN users u ON u.id = w.created_by AND NOT u.disabled
     WHERE ${events} IS NOT NULL AND w.active AND w.deleted_at IS NULL AND w.events && ${events}
       AND ((w.project_id IS NULL AND u.role = 'admin')
         OR (w.project_id = ${projectId} AND (u.role = 'admin'
           OR EXISTS (SELECT 1 FROM projects p WHERE p.id = ${projectId} AND p.created_by = u.id)
           OR EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = ${projectId} AND m.user_id = u.id AND m.role = 'owner'))))
    RETURNING 1`;

const columns =
  'id, actor_id, session_id, request_id, entity_type, entity_id, project_id, action, old_value, new_value, run';

const insertActivity = `
  WITH recorded AS (
    INSERT INTO activity (${columns})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL)
    RETURNING at
  ), pending AS (${insertDeliveries({ events: '$11::text[]', projectId: '$7', data: '$12' })})
  SELECT at, (SELECT count(*)::int FROM pending) AS pending FROM recorded`;

/** An entry whose actor is given once for many. */
export type WriteEntry = Omit<ActivityEntry, 'actor'>;

/** How many entries are published without a pause. */
const publishedAtOnce = 50;

/** Builds the statement that inserts many entries. @param joined what the entries `n` are joined with */
const insertEntries = (joined: string) => `
  WITH n AS (
    SELECT n.* FROM json_to_recordset($1) AS n (id uuid, actor_id uuid, session_id uuid, request_id text, entity_type text, entity_id uuid,
      project_id uuid, action text, old_value jsonb, new_value jsonb, events text[], data jsonb, part_of uuid) ${joined}
  ), recorded AS (
    INSERT INTO activity (${columns})
    SELECT n.id, n.actor_id, n.session_id, n.request_id, n.entity_type, n.entity_id, n.project_id, n.action, n.old_value, n.new_value, NULL
      FROM n
    RETURNING id, at
  ), pending AS (${insertDeliveries({ events: 'n.events', projectId: 'n.project_id', data: 'n.data', from: 'n' })})
  SELECT id, at, (SELECT count(*)::int FROM pending) AS pending FROM recorded`;
const insertAll = insertEntries('');
const insertChosen = insertEntries(joinChosen('n.part_of'));

type StoredRow = RecordedActivity & Record<string, unknown>;

/** An entry of a batch; see `recordChosen`. */
export type ChosenEntry = Omit<ActivityEntry, 'task'> & {
  /** The id of what was chosen. */
  partOf: string;
  /** The new state of a task that was changed when the entry was stored. */
  task?: Omit<NonNullable<ActivityEntry['task']>, 'updated_at'> | undefined;
};

/** SQL expressions for the id of the entry of a row `n`, for who has made the change, and in which session and request. */
interface Signature {
  id: string;
  actor: string;
  session: string;
  request: string;
}

const ofOne: Signature = { id: '$1::uuid', actor: '$2::uuid', session: '$3::uuid', request: '$4::text' };
/** For the changes of a batch, each by who has requested it. */
export const ofEach: Signature = { id: uuid7, actor: 'n.requested_by', session: 'NULL', request: 'NULL' };

/**
 * Builds common table expressions for a statement that records its own change: `recorded`, with the columns `id`, `entity_id` and `at`, and
 * `pending`, with a row per delivery. Unless it is given another signature, the first four parameters of the statement are the values of
 * `signature`, for its only entry.
 * @param relation a common table expression of the statement, with the columns `entity_type`, `entity_id`, `project_id`, `action`,
 * `old_value`, `new_value`, `run`, `events` and `data`, and a row per entry to record
 */
export const recording = (relation: string, { id, actor, session, request } = ofOne) => `recorded AS (
    INSERT INTO activity (${columns})
    SELECT ${id}, ${actor}, ${session}, ${request}, n.entity_type, n.entity_id, n.project_id, n.action, n.old_value, n.new_value, n.run
      FROM ${relation} n
    RETURNING id, entity_id, at
  ), pending AS (${insertDeliveries({ events: 'n.events', projectId: 'n.project_id', data: 'n.data', from: `${relation} n` })})`;

/** Builds the parameters $1 to $4 of `recording`: the id of the entry, its actor, and the actor's session and request. */
export function signature(actor: ActivityEntry['actor']): [id: string, ...(string | null)[]] {
  return [newId(), actor?.id ?? null, actor?.sessionId ?? null, actor?.requestId ?? null];
}

/** Lists the name of an event and the patterns by which webhooks subscribe to it. */
const patternsOf = (event: WebhookEvent) => [event, `${event.split('.')[0]}.*`, '*'];

/** Records every write as an activity entry. History, audit, the resumption of WebSockets and webhooks all read these entries. */
@Injectable()
export class ActivityLog {
  constructor(private readonly events: Events) {}

  /**
   * Records a write and its webhook deliveries in the transaction of the write. The statement is sent together with the commit, so that it
   * takes no round trip of its own. After the commit the entry is published on the bus.
   */
  record(tx: Transaction, entry: ActivityEntry): void {
    const { actor, event } = entry;
    const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
    const signed = signature(actor);
    const values = [
      ...signed,
      entry.entityType,
      entry.entityId,
      entry.projectId ?? null,
      entry.action,
      json(entry.oldValue),
      json(entry.newValue),
      event ? patternsOf(event.name) : null,
      event ? json(event.data) : null,
    ];
    const recorded = tx.withCommit(() =>
      tx.query<Omit<RecordedActivity, 'id'> & Record<string, unknown>>(insertActivity, values),
    );
    tx.afterCommit(async () => {
      for (const row of await recorded) this.announce({ ...row, id: signed[0] }, entry);
    });
  }

  /**
   * Records many writes of one actor in their transaction, a piece at a time; see `record`. It is called last: from then on the live feed waits
   * for the commit. After the commit the entries are published in pieces, between which other work is done.
   */
  async recordAll(
    tx: Transaction,
    actor: NonNullable<ActivityEntry['actor']>,
    entries: WriteEntry[],
  ): Promise<void> {
    const byId = new Map(entries.map((entry) => [newId(), { ...entry, actor }]));
    const stored: RecordedActivity[] = [];
    for (const { json } of jsonPieces(rowsOf(byId)))
      stored.push(...countedOnce(await tx.query<StoredRow>(insertAll, [json])));
    tx.afterCommit(() => this.announceAll(stored, (row) => byId.get(row.id)!));
  }

  /**
   * Records those of many writes, each with its own actor, that a statement before them in the same packet has chosen; see `chosen-rows.ts`.
   * The statement is sent together with the commit. After the commit the entries are published in pieces.
   */
  recordChosen(tx: Transaction, entries: readonly ChosenEntry[]): void {
    if (entries.length === 0) return;
    const byId = new Map(entries.map((entry) => [newId(), entry]));
    const json = JSON.stringify(rowsOf(byId));
    const inserted = tx.withCommit(() => tx.query<StoredRow>(insertChosen, [json]));
    tx.afterCommit(async () =>
      this.announceAll(countedOnce(await inserted), ({ id, at }) => {
        const { task, ...entry } = byId.get(id)!;
        return task ? { ...entry, task: { ...task, updated_at: at.toISOString() } } : entry;
      }),
    );
  }

  private async announceAll(
    stored: readonly RecordedActivity[],
    entryOf: (row: RecordedActivity) => ActivityEntry,
  ): Promise<void> {
    for (const [index, row] of stored.entries()) {
      if (index % publishedAtOnce === 0) await backgroundTurn();
      this.announce(row, entryOf(row));
    }
  }

  /** Publishes a committed entry on the bus. */
  announce({ id, at, pending }: RecordedActivity, entry: ActivityEntry): void {
    const { actor, entityType, entityId, projectId = null, action, task } = entry;
    if (pending > 0) this.events.emit('webhooks.pending', { count: pending });
    this.events.emit('activity.recorded', {
      id,
      at: at.toISOString(),
      actor_id: actor?.id ?? null,
      session_id: actor?.sessionId ?? null,
      entity_type: entityType,
      entity_id: entityId,
      project_id: projectId,
      action,
      ...(task ? { task } : {}),
    });
  }
}

/** The rows of entries as `insertEntries` takes them. */
function rowsOf(byId: ReadonlyMap<string, ActivityEntry | ChosenEntry>): Record<string, unknown>[] {
  return [...byId].map(([id, entry]) => ({
    id,
    actor_id: entry.actor?.id ?? null,
    session_id: entry.actor?.sessionId ?? null,
    request_id: entry.actor?.requestId ?? null,
    entity_type: entry.entityType,
    entity_id: entry.entityId,
    project_id: entry.projectId ?? null,
    action: entry.action,
    old_value: entry.oldValue,
    new_value: entry.newValue,
    events: entry.event ? patternsOf(entry.event.name) : null,
    data: entry.event?.data,
    part_of: 'partOf' in entry ? entry.partOf : null,
  }));
}

/** Leaves the number of deliveries, which is that of the whole statement, to its first row. */
function countedOnce(rows: readonly RecordedActivity[]): RecordedActivity[] {
  return rows.map((row, index) => (index === 0 ? row : { ...row, pending: 0 }));
}
