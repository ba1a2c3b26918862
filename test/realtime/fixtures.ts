import { randomBytes } from 'node:crypto';
import { expectStatus, type Client } from '../support/client.js';
import { until } from '../support/until.js';

/** Makes a project. @returns its id */
export async function createProject(client: Client, fields: object = {}): Promise<string> {
  const name = `Project ${randomBytes(4).toString('hex')}`;
  const { body } = await expectStatus(201, client.post('/api/projects/', { name, ...fields }));
  return (body.data.project_id ?? body.data.id) as string;
}

/** Makes a task with a command. @returns its id */
export async function createTask(client: Client, projectId: string, command?: string): Promise<string> {
  const task = { title: 'A task', project_id: projectId, ...(command === undefined ? {} : { command }) };
  const { body } = await expectStatus(201, client.post('/api/tasks/', task));
  return (body.data.task_id ?? body.data.id) as string;
}

/** Starts a task. @returns the id of the execution */
export async function execute(client: Client, taskId: string): Promise<string> {
  const { body } = await expectStatus(202, client.post(`/api/tasks/${taskId}/execute`, {}));
  return body.data.execution_id as string;
}

/** Waits until a task is no longer queued or running. */
export async function ended(client: Client, taskId: string): Promise<void> {
  await until(
    async () => !['queued', 'running'].includes((await client.get(`/api/tasks/${taskId}`)).body.data.status),
    {
      timeout: 20_000,
      what: 'the end of the task',
    },
  );
}
