import { setTimeout as delay } from 'node:timers/promises';
import { expectStatus, type Client } from '../support/client.js';
import type { Json } from '../support/json.js';

/** What a request answers as `data`, which must have this status. */
export async function data(status: number, answer: Parameters<typeof expectStatus>[1]): Promise<Json> {
  return (await expectStatus(status, answer)).body.data;
}

/** The code and the first field at fault of a request that must be refused with this status. */
export async function fault(status: number, answer: Parameters<typeof expectStatus>[1]): Promise<string> {
  const { error } = (await expectStatus(status, answer)).body;
  return `${error.code} ${error.details.field ?? ''}`.trim();
}

export function makeProject(client: Client, fields: Record<string, unknown> = {}): Promise<Json> {
  return data(201, client.post('/api/projects/', { name: 'Shop', ...fields }));
}

export function makeTask(client: Client, project: Json, fields: Record<string, unknown> = {}): Promise<Json> {
  return data(201, client.post('/api/tasks/', { title: 'A task', project_id: project.id, ...fields }));
}

export function makeSession(client: Client, fields: Record<string, unknown> = {}): Promise<Json> {
  return data(201, client.post('/api/sessions/', fields));
}

/** The same person, working in a session. */
export function within(client: Client, session: Json): Client {
  return client.with({ 'x-session-id': session.session_id });
}

/** A moment after everything that was done so far, and before everything that follows. */
export async function moment(): Promise<string> {
  await delay(5);
  const now = new Date().toISOString();
  await delay(5);
  return now;
}
