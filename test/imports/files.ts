import { data, type Json } from '../e2e/steps.js';
import type { Answer, Client } from '../support/client.js';

/** Sends a file to a project. */
export const send = (
  client: Client,
  project: Json,
  what: 'import' | 'findings' | 'sync',
  file: unknown,
  query: Record<string, string | boolean> = {},
): Promise<Answer> =>
  client.post(
    `/api/projects/${project.key}/${what}`,
    typeof file === 'string' || Buffer.isBuffer(file) ? file : JSON.stringify(file),
    { query, headers: { 'content-type': 'application/octet-stream' } },
  );

/** Imports a file, which must have no faults. @returns the plan */
export const imported = async (
  client: Client,
  project: Json,
  file: unknown,
  query: Record<string, string | boolean> = {},
): Promise<Json> => data(200, send(client, project, 'import', file, query));

/** An export of a project as a text. */
export async function exported(
  client: Client,
  project: Json,
  query: Record<string, string | boolean> = {},
): Promise<string> {
  const answer = await client.get(`/api/projects/${project.key}/export`, { query });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.bytes.toString()}`);
  return answer.bytes.toString();
}

/** A file as an export has it. */
export const fileOf = (tasks: object[], others: object = {}) => ({
  format: 'millrace',
  version: 1,
  ...others,
  tasks,
});

/** The counts of a plan. */
export const countsOf = ({ create, update, skip }: Json) => [create, update, skip];

const times = /^(exported_at|(created|updated|started|completed|archived|done)_at|actual_duration)$/;

/** An export without what differs from one installation to the next: ids and times. */
export function comparable(text: string): string {
  return JSON.stringify(
    JSON.parse(text, (name, value) => {
      if (name === 'id' || times.test(name)) return undefined;
      return value;
    }),
    null,
    1,
  );
}

/** The tasks of a project by their titles, archived ones too. */
export async function tasksOf(client: Client, project: Json): Promise<Record<string, Json>> {
  const query = { page_size: 100, include_archived: true, include_drafts: true };
  const { items } = await data(200, client.get(`/api/projects/${project.id}/tasks`, { query }));
  return Object.fromEntries(items.map((task: Json) => [task.title, task]));
}
