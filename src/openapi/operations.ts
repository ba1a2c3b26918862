import type { OpenAPIObject } from '@nestjs/swagger';

/** What each group of routes is for. The group of a route is the first part of its path, below `/api` where it is there. */
const groups: Record<string, string> = {
  auth: 'Signing in, and renewing tokens',
  commands: 'Single shell commands, outside any task',
  executions: 'Attempts to run the command of a task, or a single one',
  health: 'For those who watch over a process; open to anybody',
  metrics: 'Figures of a process, for Prometheus',
  'personal-access-tokens': 'Tokens for scripts, with scopes',
  projects: 'Projects, their members and their figures',
  queues: 'What waits to run, and who runs it',
  sessions: 'Work sessions: settings, history, and the way back to an earlier state',
  system: 'Version, limits and maintenance',
  tasks: 'The backlog, and running it',
  users: 'Users, and what each keeps about itself',
  webhooks: 'Receivers of events, and what was sent to them',
};

const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** One route of the document, as the passes over it change it. */
export interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters?: Record<string, unknown>[];
  requestBody?: Record<string, unknown>;
  responses: Record<string, Record<string, unknown>>;
}

/** Every operation of the document with its method and path. */
export function operationsOf({ paths }: Pick<OpenAPIObject, 'paths'>) {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = (item as Partial<Record<string, Operation>>)[method];
      return operation ? [{ path, method, operation }] : [];
    }),
  );
}

/**
 * Groups the operations, and names each after its group and its controller's method: `tasks_create`, `projects_listTasks`.
 * Clients are generated with these names, so a method's name is part of the interface.
 * @throws Error when a group is not described, or two operations have one name
 */
export function nameOperations(document: OpenAPIObject): void {
  const seen = new Set<string>();
  const used = new Set<string>();
  for (const { path, operation } of operationsOf(document)) {
    const group = path.replace(/^\/api\//, '/').split('/')[1] ?? '';
    if (groups[group] === undefined)
      throw new Error(`${path}: say in openapi/operations.ts what ${group} is for`);
    const name = group.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    operation.operationId = `${name}_${operation.operationId}`;
    operation.tags = [group];
    if (seen.has(operation.operationId))
      throw new Error(`${path}: another operation is named ${operation.operationId}`);
    seen.add(operation.operationId);
    used.add(group);
  }
  document.tags = Object.entries(groups)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }));
}
