import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { App } from '../support/app.js';
import { expectStatus, type Answer, type Client } from '../support/client.js';
import { until } from '../support/until.js';
import type { Json } from '../support/json.js';

export type { Json } from '../support/json.js';

export interface Job {
  task: string;
  execution: string;
}

/** What a request answers as `data`, which must have this status. */
export async function data(status: number, answer: Promise<Answer> | Answer): Promise<Json> {
  return (await expectStatus(status, answer)).body.data;
}

/** A folder in which commands, which run as another user, may write. */
export async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-faults-'));
  await chmod(folder, 0o777);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a project. @returns its id */
/** A project that its limits do not get in the way of. */
export async function makeProject(client: Client, max_concurrent_tasks = 100): Promise<string> {
  const name = `Faults ${randomBytes(4).toString('hex')}`;
  const project = await data(
    201,
    client.post('/api/projects/', { name, resource_limits: { max_concurrent_tasks, max_tasks: 100_000 } }),
  );
  return project.id as string;
}

export async function makeTask(
  client: Client,
  project_id: string,
  command: string,
  fields: object = {},
): Promise<string> {
  const task = { title: 'A task', project_id, command, ...fields };
  return (await data(201, client.post('/api/tasks/', task))).id as string;
}

/** Makes a task and starts it. */
export async function run(
  client: Client,
  project: string,
  command: string,
  fields: object = {},
  request: object = {},
): Promise<Job> {
  const task = await makeTask(client, project, command, fields);
  // what these commands do looks unsafe, and is
  const options = { allow_unsafe: true };
  const { execution_id } = await data(
    202,
    client.post(`/api/tasks/${task}/execute`, { options, ...request }),
  );
  return { task, execution: execution_id as string };
}

export function times<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)));
}

const isOver = (status: string) => status !== 'queued' && status !== 'running';

/** Waits until no attempt of a task is queued or running. @returns its attempts, the first one first */
export async function attempts(client: Client, task: string, timeout = 30_000): Promise<Json[]> {
  return until(
    async () => {
      const { executions } = await data(200, client.get(`/api/tasks/${task}/executions`));
      return executions.every(({ status }: Json) => isOver(status)) && executions.toReversed();
    },
    { timeout, what: `the end of task ${task}` },
  );
}

/** Waits until an execution runs and has put something out. */
export async function speaks(app: App, execution: string): Promise<void> {
  const look = async () => {
    const [row] = await app.query<{ status: string; error: string | null; speaks: boolean }>(
      `SELECT status, error, EXISTS (SELECT FROM output_segments WHERE execution_id = $1) AS speaks
         FROM executions WHERE id = $1`,
      [execution],
    );
    if (row && !row.speaks && isOver(row.status)) throw new Error(`It ended without output: ${row.error}`);
    return row?.speaks;
  };
  await until(look, { timeout: 20_000, what: 'the first output of a command' });
}

/**
 * All that is stored of an execution's output, which must have no gap. Of two segments that a killed worker was storing, the second alone
 * may be there: it is not part of the output.
 */
export async function stored(app: App, execution: string): Promise<string> {
  const rows = await app.query<{ offset: string; content: Buffer }>(
    `SELECT s."offset", s.content FROM output_segments s JOIN executions e ON e.id = s.execution_id
      WHERE e.id = $1 AND (e.finished_at IS NULL OR s."offset" < e.output_bytes) ORDER BY s."offset"`,
    [execution],
  );
  let end = 0;
  for (const { offset, content } of rows) {
    if (Number(offset) !== end) throw new Error(`expected a segment at ${end}, found ${offset}`);
    end += content.length;
  }
  return Buffer.concat(rows.map(({ content }) => content)).toString();
}

/** A word for command lines, by which `living` finds the processes of one test whatever they do to their environment. */
export const token = () => `9${randomBytes(4).readUInt32BE().toString().padStart(10, '0')}`;

/** Every process on this host with a word in its command line. */
export async function living(word: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.includes(word) ? `${pid}: ${line.replaceAll('\0', ' ')}` : '';
    }),
  );
  return lines.filter(Boolean);
}

/** The lines of a file that commands append to. */
export async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8').catch(() => '')).split('\n').filter(Boolean);
}

/** What the processes of an app logged as errors. */
export function loggedErrors(app: App): string[] {
  const lines = app.processes.flatMap(({ stdout, stderr }) => `${stdout}\n${stderr}`.split('\n'));
  return lines.filter((line) => /"level":(50|60|"error"|"fatal")/.test(line));
}
