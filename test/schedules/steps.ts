import { data, type Json } from '../e2e/steps.js';
import type { App } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

/** Never by itself while tests run, but it may be made due. */
export const yearly = '0 0 1 1 *';

/** Makes a schedule, which does not fire by itself unless the fields say so. */
export function makeSchedule(client: Client, project: Json, fields: Record<string, unknown>): Promise<Json> {
  const body = { name: 'A schedule', cron: yearly, ...fields };
  return data(201, client.post(`/api/projects/${project.id}/schedules`, body));
}

export const showSchedule = (client: Client, { id }: Json): Promise<Json> =>
  data(200, client.get(`/api/schedules/${id}`));

/** What became of the times of a schedule, the oldest first. */
export async function occurrencesOf(client: Client, { id }: Json): Promise<Json[]> {
  const { occurrences } = await data(
    200,
    client.get(`/api/schedules/${id}/occurrences`, { query: { limit: 100 } }),
  );
  return occurrences.toReversed();
}

/** How occurrences went, such as `fired` or `skipped TASK_ALREADY_RUNNING`. */
export const outcomes = async (client: Client, schedule: Json): Promise<string[]> =>
  (await occurrencesOf(client, schedule)).map(({ status, reason }) =>
    [status, reason].filter(Boolean).join(' '),
  );

/**
 * Makes the next time of a schedule one that came `secondsAgo`, as if every process had slept since then, and wakes the processes.
 */
export async function makeDue(app: App, client: Client, { id }: Json, secondsAgo = 0): Promise<void> {
  if (secondsAgo > 60)
    await app.query(
      `UPDATE system_settings SET value = value || jsonb_build_object('up_since', extract(epoch FROM now()) * 1000) WHERE name = 'schedulers'`,
    );
  await app.query(
    `UPDATE schedules SET next_at = date_trunc('second', now()) - make_interval(secs => $2),
            due_at = date_trunc('second', now()) - make_interval(secs => $2), claimed_until = NULL WHERE id = $1`,
    [id, secondsAgo],
  );
  await data(200, client.put(`/api/schedules/${id}`, { description: 'It is due' }));
}

/** Waits until occurrences have gone like this. */
export function reachedOutcomes(
  client: Client,
  schedule: Json,
  expected: string[],
  timeout = 20_000,
): Promise<unknown> {
  const look = async () => {
    const seen = await outcomes(client, schedule);
    if (JSON.stringify(seen) !== JSON.stringify(expected))
      throw new Error(`The occurrences are ${seen.join(', ')}`);
    return true;
  };
  return until(look, { timeout, what: `the occurrences ${expected.join(', ')}` });
}
