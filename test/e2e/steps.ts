import { randomBytes } from 'node:crypto';
import { LiveSocket } from '../realtime/live-socket.js';
import type { App } from '../support/app.js';
import { expectStatus, type Answer, type Client } from '../support/client.js';
import { until } from '../support/until.js';
import type { Json } from '../support/json.js';

export type { Json } from '../support/json.js';

export const nobody = '01890000-0000-7000-8000-000000000000';

/** What a request answers as `data`, which must have this status. */
export async function data(status: number, answer: Promise<Answer> | Answer): Promise<Json> {
  return (await expectStatus(status, answer)).body.data;
}

/** Status and code of an error, such as `404 TASK_NOT_FOUND`; checks that it wears the envelope. */
export async function refusal(answer: Promise<Answer> | Answer): Promise<string> {
  const { status, body, headers } = await answer;
  const { error, meta } = body ?? {};
  const whole =
    body?.data === null &&
    typeof error?.message === 'string' &&
    typeof error.details === 'object' &&
    typeof meta?.timestamp === 'string' &&
    typeof meta.version === 'string' &&
    (headers.get('x-request-id') ?? meta.request_id) === meta.request_id;
  if (!whole) throw new Error(`Expected an error in the envelope, got ${status}: ${JSON.stringify(body)}`);
  return `${status} ${error.code}`;
}

export function makeProject(client: Client, fields: Record<string, unknown> = {}): Promise<Json> {
  const name = `Project ${randomBytes(4).toString('hex')}`;
  return data(201, client.post('/api/projects/', { name, ...fields }));
}

export function makeTask(client: Client, project: Json, fields: Record<string, unknown> = {}): Promise<Json> {
  return data(201, client.post('/api/tasks/', { title: 'A task', project_id: project.id, ...fields }));
}

/** Makes a task with a command. */
export function makeJob(
  client: Client,
  project: Json,
  command: string,
  fields: Record<string, unknown> = {},
): Promise<Json> {
  return makeTask(client, project, { command, ...fields });
}

export function show(client: Client, task: Json): Promise<Json> {
  return data(200, client.get(`/api/tasks/${task.id}`));
}

export function execute(client: Client, task: Json, body?: unknown): Promise<Json> {
  return data(202, client.post(`/api/tasks/${task.id}/execute`, body));
}

/** Waits until a task has a status. @returns the task */
export function reached(client: Client, task: Json, status: string, timeout = 20_000): Promise<Json> {
  const look = async () => {
    const shown = await show(client, task);
    return shown.status === status ? shown : undefined;
  };
  return until(look, { timeout, what: `task ${task.ref ?? task.id} to be ${status}` });
}

/** The last execution of a task. */
export async function lastExecution(client: Client, task: Json): Promise<Json> {
  return (await data(200, client.get(`/api/tasks/${task.id}/executions`))).executions[0];
}

/** Makes a task, runs it, and waits until it has this status. @returns its last execution */
export async function runJob(
  client: Client,
  project: Json,
  command: string,
  status = 'completed',
  fields: Record<string, unknown> = {},
): Promise<Json> {
  const task = await makeJob(client, project, command, fields);
  await execute(client, task);
  await reached(client, task, status);
  return lastExecution(client, task);
}

/** Everything that a command put out. */
export async function outputOf(app: App, executionId: string): Promise<string> {
  const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
  await socket.ask(
    { type: 'subscribe', channel: 'command_output', command_id: executionId, from_offset: 0 },
    'subscribed',
  );
  const { bytes } = await socket.output(executionId);
  await socket.close();
  return bytes.toString();
}

/** A command that goes on until a file is made in the workspace of its project, by `release`. */
export const holding = (name: string) => `while [ ! -e ${name} ]; do sleep 0.05; done`;

/** How many there are of each value. */
export function countValues(values: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** Waits until every process refuses a client's token; below the 5 s after which one would look it up again by itself. */
export async function refusedEverywhere({ apis }: Pick<App, 'apis'>, user: Client): Promise<void> {
  for (const { url } of apis) {
    const look = async () => {
      const headers = { authorization: `Bearer ${user.token}` };
      return (await fetch(`${url}/api/projects/`, { headers })).status === 401;
    };
    await until(look, { timeout: 3_000, what: `the token to be refused at ${url}` });
  }
}
