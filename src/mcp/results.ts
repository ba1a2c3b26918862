import type { CallToolResult } from '@modelcontextprotocol/server';
import { ApiFault, type Data } from './api-calls.js';

/** The most characters of a text in an answer; more would fill the context of the agent. */
const mostCharacters = 6_000;

/** What to do after an error, by its code. */
const advice: Record<string, string> = {
  CLAIM_LOST:
    'Stop working on this task: somebody else may have it. Nothing was written. Claim a task again with task_claim.',
  TASK_ALREADY_CLAIMED: 'Somebody else works on it. Claim the next task with task_claim without "task".',
  TASK_NOT_CLAIMABLE: 'Look at it with task_get, or claim the next task with task_claim without "task".',
  TASK_ALREADY_RUNNING: 'Wait for its run: read_output with its execution_id shows how it goes.',
  TASK_DEPENDENCY_NOT_MET: 'It waits for other tasks: task_get lists them under dependencies.',
  TASK_NOT_EXECUTABLE: 'It has no command: give it one with task_update, or run one with run and "command".',
  TASK_ARCHIVED: 'It is in the archive: somebody must restore it first.',
  TASK_NOT_FOUND: 'Find its ref with tasks_list or search.',
  PROJECT_NOT_FOUND: 'Send the key or id of a project that you are a member of, such as SHOP.',
  PROJECT_ACCESS_DENIED: 'You may read this project but not change it.',
  AUTH_INSUFFICIENT_PERMISSIONS: 'Your key lacks a scope or your role a permission: ask who gave it to you.',
  VERSION_CONFLICT:
    'It was changed meanwhile: read it again with task_get, and send the version you have read.',
  COMMAND_UNSAFE: 'The command looks destructive. Use a narrower one.',
  RATE_LIMIT_EXCEEDED: 'Wait a little, then try again.',
  QUEUE_FULL: 'Wait a little, then try again.',
  SYSTEM_OVERLOADED: 'Wait a little, then try again.',
  OUTPUT_PRUNED: 'The output was removed since its retention time is over.',
};

/** Builds the answer of a tool, as JSON without what is empty. */
export function answer(value: unknown): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value, withoutEmpty) }] };
}

/** Builds the answer of a tool about an error, with what to do next. @throws what is no answer of the API */
export function refusal(error: unknown): CallToolResult {
  if (!(error instanceof ApiFault)) throw error;
  const { code, message, details } = error;
  const said = [`${code}: ${message}.`.replace(/\.\.$/, '.')];
  if (Object.keys(details).length > 0) said.push(`Details: ${cut(JSON.stringify(details), 1_500)}`);
  const next =
    advice[code] ?? (code.startsWith('VALIDATION_') ? 'Send the named field as it says.' : undefined);
  if (next !== undefined) said.push(next);
  return { content: [{ type: 'text', text: said.join('\n') }], isError: true };
}

/** Cuts a text, and says how long it was. */
export function cut(text: string, most = mostCharacters): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters in all)`;
}

/** A task as a list shows it. */
export const briefly = (task: Data) => ({
  ref: task.ref,
  title: task.title,
  status: task.status,
  priority: task.priority,
  type: task.type === 'task' ? undefined : task.type,
  tags: task.tags,
  blocker: task.blocker,
  due_at: task.due_at,
  assigned_to: task.assigned_to,
});

/** A task with what an agent needs to work on it. */
export const fully = (task: Data) => ({
  ...briefly(task),
  id: task.id,
  description: cut(task.description),
  result: task.result && cut(task.result),
  command: task.command && cut(task.command, 2_000),
  parent_id: task.parent_id,
  checklist: task.checklist?.total > 0 ? task.checklist : undefined,
  last_run: task.last_run,
  claim: task.claim,
  external_ref: task.external_ref,
  project_path: task.project_path,
  dependencies: task.dependencies?.map((one: Data) => ({ id: one.depends_on_task_id, ...one.task })),
  children: task.children,
  version: task.version,
});

function withoutEmpty(_key: string, value: unknown): unknown {
  if (value === null || value === '') return undefined;
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}
