import { randomBytes } from 'node:crypto';
import { data, type Json } from '../e2e/steps.js';
import type { App } from '../support/app.js';
import type { Client } from '../support/client.js';

/** A prefix that no other test has. */
export const freshPrefix = (): string => `A${randomBytes(3).toString('hex').toUpperCase()}`;

/** Makes an agent with a prefix of its own. */
export function makeAgent(app: App, fields: Record<string, unknown> = {}): Promise<Json> {
  const prefix = freshPrefix();
  return data(
    201,
    app.admin.post('/api/agents/', { name: `Agent ${prefix.toLowerCase()}`, prefix, ...fields }),
  );
}

/** A client that comes with a new key of an agent. */
export async function agentClient(
  app: App,
  agent: Json,
  fields: Record<string, unknown> = {},
): Promise<Client> {
  const { token } = await data(
    201,
    app.admin.post(`/api/agents/${agent.id}/keys`, { label: 'A test', ...fields }),
  );
  return app.anonymous().withToken(token);
}

/** Claims the next task of a project. */
export const claimNext = (client: Client, project: Json, fields: object = {}): Promise<Json> =>
  data(200, client.post('/api/claims/', { project_id: project.id, ...fields }));
