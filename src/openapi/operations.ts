import type { OpenAPIObject } from '@nestjs/swagger';
import type { ErrorCode } from '../common/errors.js';
import type { Permission } from '../common/permissions.js';

/** Descriptions of the groups of routes. The group of a route is the first segment of its path, after `/api` if present. */
const groups: Record<string, string> = {
  activity: 'Who did what, and the audit log',
  agents: 'Agents, which work on backlogs of their own, and their keys',
  attachments: 'Files and links of tasks, projects and documents',
  auth: 'Sign-in and renewal of tokens',
  backlogs: 'The backlogs of agents, in words of their own',
  claims: 'Claims: who works on a task, alone and for as long as they say so',
  commands: 'Single shell commands without a task',
  documents: 'Plans of tasks, docs and memory of projects, with their versions',
  events: 'The activity as it happens, as server-sent events',
  executions: 'The attempts to run the command of a task or a single command',
  health: 'The state of a process for monitoring; without authentication',
  labels: 'The catalogue of the labels that tasks and projects have',
  mcp: 'The Model Context Protocol, for agents',
  metrics: 'Metrics of a process for Prometheus',
  'personal-access-tokens': 'Personal access tokens with scopes, for scripts',
  projects: 'Projects, their members and statistics',
  queues: 'The queues of runs',
  sessions: 'Work sessions: settings, history and restoring an earlier state',
  system: 'Version, limits, maintenance and the check of the installation',
  tasks: 'The tasks of the backlog and their execution',
  triggers: 'URLs that run a task when something is sent to them',
  users: 'Users and their profiles',
  webhooks: 'Webhooks and their deliveries',
  workers: 'The processes that run commands: their labels, their slots, and draining them',
  workspace: 'The installation: its name and settings',
  workspaces: 'The installations that this one knows of: itself',
};

type Schema = Record<string, unknown>;

const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** An operation of the document while it is generated. */
export interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters?: Record<string, unknown>[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: Schema; example?: unknown }> };
  responses: Record<string, Record<string, unknown>>;
  security?: unknown[];
  description: string;
  /** The permission that the caller needs; absent when no token is needed. */
  'x-access'?: Permission;
  /** The error codes that the route declares; removed when its error responses have been added. */
  'x-errors'?: ErrorCode[];
  /** Whether a file is taken as a part of a body; removed when the body has been described. */
  'x-takes-file'?: boolean;
  /** The media types of a body that is taken as it is; removed when the body has been described. */
  'x-raw-body'?: Record<string, { schema?: Schema; example?: unknown }>;
  /** The path of the created resource; removed when the headers have been added. */
  'x-location'?: string;
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
    for (const parameter of operation.parameters ?? []) describe(parameter);
    if (seen.has(operation.operationId))
      throw new Error(`${path}: another operation is named ${operation.operationId}`);
    if (operation.requestBody) operation.requestBody.required = needsBody(document, operation.requestBody);
    seen.add(operation.operationId);
    used.add(group);
  }
  document.tags = Object.entries(groups)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }));
}

/** Describes the ids in paths by their names. */
function describe(parameter: Record<string, unknown>): void {
  const thing = /^(\w+)_id$/.exec(String(parameter['name']))?.[1];
  if (parameter['in'] === 'path' && thing)
    parameter['description'] ??= `The id of the ${thing.replaceAll('_', ' ')}`;
}

/** Tells whether a body is required, which it is only if one of its fields is: an absent body counts as an empty one. */
function needsBody(document: OpenAPIObject, body: NonNullable<Operation['requestBody']>): boolean {
  const { $ref } = body.content['application/json']?.schema ?? {};
  const component = String($ref).split('/').at(-1) ?? '';
  const schema = (document.components?.schemas?.[component] ?? {}) as Schema;
  const choices = (schema['oneOf'] ?? schema['anyOf'] ?? [schema]) as Schema[];
  return choices.every(({ required }) => Array.isArray(required) && required.length > 0);
}
