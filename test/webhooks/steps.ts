import { expectStatus, type Client } from '../support/client.js';
import type { Json } from '../support/json.js';
import { until } from '../support/until.js';

/** What a request answers as `data`, which must have this status. */
export async function data(status: number, answer: Parameters<typeof expectStatus>[1]): Promise<Json> {
  return (await expectStatus(status, answer)).body.data;
}

export function makeProject(client: Client, fields: Record<string, unknown> = {}): Promise<Json> {
  return data(201, client.post('/api/projects/', { name: 'Hooks', ...fields }));
}

export function makeWebhook(client: Client, fields: Record<string, unknown>): Promise<Json> {
  return data(201, client.post('/api/webhooks/', { events: ['*'], ...fields }));
}

/** Changes a project, which every webhook of it hears of as project.updated. */
export function touch(client: Client, project: Json, description = 'touched'): Promise<Json> {
  return data(200, client.put(`/api/projects/${project.id}`, { description }));
}

export async function deliveries(client: Client, webhook: Json): Promise<Json[]> {
  return (await data(200, client.get(`/api/webhooks/${webhook.id}/deliveries`))).items;
}

/** Waits until the newest delivery of a webhook has this status. */
export function delivered(
  client: Client,
  webhook: Json,
  status = 'delivered',
  timeout = 15_000,
): Promise<Json> {
  const look = async () => {
    const [newest] = await deliveries(client, webhook);
    return newest?.status === status ? newest : undefined;
  };
  return until(look, { timeout, what: `the newest delivery to be ${status}` });
}
