import { expectStatus, type Answer } from '../../test/support/client.js';
import type { TestCluster } from './test-cluster.js';
import type { Json } from '../../test/support/json.js';

/** Returns the `data` of a response, which must have the expected status. */
export async function data(status: number, answer: Promise<Answer> | Answer): Promise<Json> {
  return (await expectStatus(status, answer)).body.data;
}

/** Creates a project. @returns its id */
export async function makeProject(cluster: TestCluster, max_concurrent_tasks = 100): Promise<string> {
  const project = {
    name: `Soak ${max_concurrent_tasks}`,
    resource_limits: { max_concurrent_tasks, max_tasks: 1_000_000, storage_limit: '1TB' },
  };
  return (await data(201, cluster.admin.post('/api/projects/', project))).id as string;
}

export async function makeTask(
  cluster: TestCluster,
  project_id: string,
  command: string,
  more: object = {},
): Promise<string> {
  const task = { title: 'A task', project_id, command, ...more };
  return (await data(201, cluster.admin.post('/api/tasks/', task))).id as string;
}

export function execute(cluster: TestCluster, task: string): Promise<Answer> {
  return cluster.admin.post(`/api/tasks/${task}/execute`, { options: { allow_unsafe: true } });
}

/** Creates a task and starts it. */
export async function startTask(
  cluster: TestCluster,
  project: string,
  command: string,
  more: object = {},
): Promise<{ task: string; execution: string }> {
  const task = await makeTask(cluster, project, command, more);
  const { execution_id } = await data(202, execute(cluster, task));
  return { task, execution: execution_id as string };
}
