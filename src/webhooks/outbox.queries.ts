import type { Webhook } from '../activity/webhook.entity.js';
import type { DeliveryTry, WebhookDelivery } from '../activity/webhook-delivery.entity.js';
import type { Queryable } from '../infra/database.js';

/** A delivery that this process has leased, with the columns of its webhook that a request needs. */
export type TakenDelivery = Pick<
  WebhookDelivery,
  'id' | 'webhook_id' | 'sequence' | 'event' | 'data' | 'attempts' | 'attempts_before' | 'created_at'
> &
  Pick<Webhook, 'url' | 'secret' | 'previous_secret' | 'sealed_secret' | 'sealed_previous_secret'> & {
    active: boolean;
    /** The creator of the webhook. */
    owner_id: string;
  };

/** The URL and headers of an attempt. */
export interface SentRequest {
  url: string;
  headers: Record<string, string>;
}

export interface DeliveryResult {
  id: string;
  webhookId: string;
  /** Whether the receiver accepts messages; undefined when the attempt does not show it. */
  healthy?: boolean;
  /** The request and the log entry of the attempt; absent when nothing was sent. */
  logged?: { request: SentRequest; log: DeliveryTry };
  /** The number of attempts when the delivery was taken, which fences off stale results. */
  attempt: number;
  status: WebhookDelivery['status'];
  retryInMs: number | null;
  responseStatus: number | null;
  responseBody: string | null;
  error: string | null;
  durationMs: number | null;
}

/**
 * Leases due deliveries. The recursive part visits each webhook with pending deliveries by one index probe, so that a webhook with a
 * million deliveries does not delay the others. Owners are served in turn, each with a random webhook, so that the limit favours none,
 * however many webhooks an owner has. The millisecond allows for the rounding of stored times: a row that was just committed must not
 * wait for the next poll.
 */
const take = `
  WITH RECURSIVE waiting AS (
    (SELECT webhook_id FROM webhook_deliveries WHERE status = 'pending' ORDER BY webhook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT n.webhook_id FROM webhook_deliveries n
             WHERE n.status = 'pending' AND n.webhook_id > waiting.webhook_id ORDER BY n.webhook_id LIMIT 1)
      FROM waiting WHERE waiting.webhook_id IS NOT NULL
  ), due AS (
    SELECT d.id
      FROM (
        SELECT w.id AS webhook_id, coalesce(known.capacity, $3) AS capacity,
               row_number() OVER (PARTITION BY w.created_by ORDER BY random()) AS turn
          FROM waiting JOIN webhooks w ON w.id = waiting.webhook_id
          LEFT JOIN unnest($1::uuid[], $2::int[]) AS known (webhook_id, capacity) ON known.webhook_id = w.id
         WHERE coalesce(known.capacity, CASE WHEN w.created_by = ANY($6::uuid[]) THEN 0 ELSE $3 END) > 0
         ORDER BY turn, random()
      ) AS lane
      CROSS JOIN LATERAL (
        SELECT id FROM webhook_deliveries
         WHERE webhook_id = lane.webhook_id AND status = 'pending' AND next_attempt_at <= now() + interval '1 millisecond'
         ORDER BY next_attempt_at LIMIT lane.capacity FOR UPDATE SKIP LOCKED
      ) AS d
     LIMIT $4
  )
  UPDATE webhook_deliveries d
     SET attempts = d.attempts + 1, last_attempt_at = now(), next_attempt_at = now() + $5 * interval '1 millisecond'
    FROM due, webhooks w
   WHERE d.id = due.id AND w.id = d.webhook_id
  RETURNING d.id, d.webhook_id, d.sequence, d.event, d.data, d.attempts, d.attempts_before, d.created_at, w.url, w.secret, w.sealed_secret,
    CASE WHEN w.previous_secret_expires_at > now() THEN w.previous_secret END AS previous_secret,
    CASE WHEN w.previous_secret_expires_at > now() THEN w.sealed_previous_secret END AS sealed_previous_secret,
    w.created_by AS owner_id, w.deleted_at IS NULL AND (w.active OR d.event = 'ping') AS active`;

/**
 * Leases due deliveries for this process.
 * @param options.capacities the most deliveries of each webhook for which this process has a lane
 * @param options.held the owners of whose other webhooks it takes none
 * @param options.defaultCapacity the most deliveries of each other webhook
 */
export function takeDue(
  db: Queryable,
  options: {
    capacities: ReadonlyMap<string, number>;
    held: readonly string[];
    defaultCapacity: number;
    limit: number;
    leaseMs: number;
  },
): Promise<TakenDelivery[]> {
  const { capacities, held, defaultCapacity, limit, leaseMs } = options;
  return db.query<TakenDelivery>(take, [
    [...capacities.keys()],
    [...capacities.values()],
    defaultCapacity,
    limit,
    leaseMs,
    held,
  ]);
}

/** The number of attempts in the log of a delivery: a whole series (18), and some of the previous one. */
const loggedAttempts = 25;

/**
 * Stores results. A result is dropped when its lease had expired and another process has started a new attempt, except for a success:
 * the message has arrived.
 */
export async function storeResults(db: Queryable, results: readonly DeliveryResult[]): Promise<void> {
  await db.query(
    `UPDATE webhook_deliveries d
        SET status = r.status, next_attempt_at = now() + r.retry_in * interval '1 millisecond',
            response_status = r.response_status, response_body = r.response_body, error = r.error,
            duration_ms = r.duration, delivered_at = CASE WHEN r.status = 'delivered' THEN now() END,
            tries = CASE WHEN r.log IS NULL THEN d.tries
                    ELSE jsonb_path_query_array(d.tries || r.log, '$[last - ${loggedAttempts - 1} to last]') END,
            request_url = coalesce(r.url, d.request_url), request_headers = coalesce(r.headers, d.request_headers)
       FROM unnest($1::uuid[], $2::int[], $3::text[], $4::float8[], $5::int[], $6::text[], $7::text[], $8::int[],
                   $9::jsonb[], $10::text[], $11::jsonb[])
         AS r (id, attempt, status, retry_in, response_status, response_body, error, duration, log, url, headers)
      WHERE d.id = r.id AND d.status = 'pending' AND (d.attempts = r.attempt OR r.status = 'delivered')`,
    [
      results.map((r) => r.id),
      results.map((r) => r.attempt),
      results.map((r) => r.status),
      results.map((r) => r.retryInMs),
      results.map((r) => r.responseStatus),
      results.map((r) => r.responseBody),
      results.map((r) => r.error),
      results.map((r) => r.durationMs),
      results.map(({ logged }) => (logged ? JSON.stringify(logged.log) : null)),
      results.map(({ logged }) => logged?.request.url ?? null),
      results.map(({ logged }) => (logged ? JSON.stringify(logged.request.headers) : null)),
    ],
  );
}

/** Releases leased deliveries that were not sent. They are due again at once, and the attempt is not counted. */
export async function releaseDeliveries(db: Queryable, deliveries: readonly TakenDelivery[]): Promise<void> {
  await db.query(
    `UPDATE webhook_deliveries d SET attempts = d.attempts - 1, next_attempt_at = now()
       FROM unnest($1::uuid[], $2::int[]) AS r (id, attempt)
      WHERE d.id = r.id AND d.attempts = r.attempt AND d.status = 'pending'`,
    [deliveries.map(({ id }) => id), deliveries.map(({ attempts }) => attempts)],
  );
}

/** The most deliveries of one replay. */
const replayLimit = 5_000;

/**
 * Makes the finished deliveries of a time window due again, oldest first, a millisecond apart, which keeps their order. Test messages
 * are never sent again.
 * @returns their number, and the creation time of the first one beyond the limit
 */
export async function replayWindow(
  db: Queryable,
  webhookId: string,
  window: {
    from: Date;
    to?: Date | undefined;
    events?: readonly string[] | undefined;
    status?: string | undefined;
  },
): Promise<{ replayed: number; nextFrom: Date | null }> {
  const { from, to, events, status } = window;
  const found = await db.query<{ id: string; created_at: Date }>(
    `SELECT id, created_at FROM webhook_deliveries
      WHERE webhook_id = $1 AND created_at >= $2 AND created_at < coalesce($3, now()) AND status <> 'pending'
        AND event <> 'ping' AND ($4::text[] IS NULL OR event = ANY($4)) AND ($5::text IS NULL OR status = $5)
      ORDER BY created_at, sequence LIMIT ${replayLimit + 1}`,
    [webhookId, from, to ?? null, events ?? null, status ?? null],
  );
  const due = await db.query(
    `UPDATE webhook_deliveries d
        SET status = 'pending', attempts_before = attempts, next_attempt_at = now() + place * interval '1 millisecond',
            delivered_at = NULL
       FROM unnest($1::uuid[]) WITH ORDINALITY AS chosen (id, place)
      WHERE d.id = chosen.id AND d.status <> 'pending' RETURNING d.id`,
    [found.slice(0, replayLimit).map(({ id }) => id)],
  );
  return { replayed: due.length, nextFrom: found[replayLimit]?.created_at ?? null };
}
