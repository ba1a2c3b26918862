import type { Actor } from '../common/permissions.js';
import type { Bind } from '../http/keyset.js';
import { accessRole, memberJoin } from '../projects/projects.queries.js';
import { parseSearch, searchCondition } from './search-syntax.js';
import type { TaskStatus } from './task.entity.js';
import { priorityOf, statesThatShow } from './task-words.js';
import type { TaskListing } from './task-list.schema.js';

export type Sort = TaskListing['sort'];

/** A condition on the task `t`. */
export interface Filter {
  condition: string;
  /** The sort column that it is about, which an index of the streams has; undefined for any other. */
  column?: Sort;
  /** Whether an index finds the few tasks that match it. */
  hasIndex?: boolean;
}

/** The statuses of a list; undefined for all. */
export function statusesOf({ status }: TaskListing): TaskStatus[] | undefined {
  return status && [...new Set(status.flatMap(statesThatShow).map((state) => state.status))];
}

/** Whether the pending tasks of a list must be planned, or must not; undefined when both are listed. */
function plannedOf({ status = [] }: TaskListing): boolean | undefined {
  const pending = status.flatMap(statesThatShow).filter((state) => state.status === 'pending');
  const [first] = pending;
  return pending.every(({ planned }) => planned === first?.planned) ? first?.planned : undefined;
}

const isListed = 'NOT t.is_archived AND NOT t.is_draft';

/** Returns the condition that leaves out archived tasks and drafts, unless they are asked for. */
export function listingOf({ include_archived, include_drafts }: TaskListing): string {
  if (include_archived) return include_drafts ? 'true' : 'NOT t.is_draft';
  return include_drafts ? 'NOT t.is_archived' : isListed;
}

/** Words and tags have an index of what lists show, and another of the rest: a condition on both is written as one for each. */
function inBothIndexes(condition: string, { include_archived, include_drafts }: TaskListing): string {
  if (!include_archived && !include_drafts) return condition;
  return `((${condition} AND ${isListed}) OR (${condition} AND (t.is_archived OR t.is_draft)))`;
}

const userOf = (actor: Actor, name: string) => (name === 'me' ? actor.id : name);

/** Lists the filters of a list besides project, status and archive. $1 is the actor, and $2 whether that is an administrator. */
export function filtersOf(actor: Actor, query: TaskListing, bind: Bind): Filter[] {
  const filters: Filter[] = [];
  const add = (condition: string, options: Omit<Filter, 'condition'> = {}) =>
    filters.push({ condition, ...options });
  const indexed = { hasIndex: true };

  if (query.priority) add(`t.priority <= ${bind(query.priority)}`, { column: 'priority' });
  if (query.priority_name) {
    const first = priorityOf(query.priority_name);
    add(`t.priority BETWEEN ${bind(first)} AND ${bind(first + 1)}`, { column: 'priority' });
  }
  if (query.created_after) add(`t.created_at >= ${bind(query.created_after)}`, { column: 'created_at' });
  if (query.created_before) add(`t.created_at < ${bind(query.created_before)}`, { column: 'created_at' });
  // what is never due is neither
  if (query.due_after)
    add(`t.due_at >= ${bind(query.due_after)} AND t.due_at < 'infinity'`, {
      column: 'due_at',
      hasIndex: true,
    });
  if (query.due_before)
    add(`t.due_at < ${bind(query.due_before)} AND t.due_at < 'infinity'`, {
      column: 'due_at',
      hasIndex: true,
    });
  if (query.overdue !== undefined) {
    const isOverdue = `(t.due_at < now() AND t.due_at < 'infinity' AND t.status NOT IN ('completed', 'cancelled'))`;
    add(query.overdue ? isOverdue : `NOT ${isOverdue}`, { hasIndex: query.overdue });
  }

  const planned = plannedOf(query);
  if (planned) {
    const others = statusesOf(query)!.filter((status) => status !== 'pending');
    add(`(t.status = ANY(${bind(others)}) OR (t.status = 'pending' AND t.planned))`, {
      hasIndex: others.every((status) => status === 'queued'),
    });
  } else if (planned === false) add("(t.status <> 'pending' OR NOT t.planned)");
  if (query.assigned_to === 'none') add('t.assigned_to IS NULL');
  else if (query.assigned_to) add(`t.assigned_to = ${bind(userOf(actor, query.assigned_to))}`, indexed);
  if (query.created_by) add(`t.created_by = ${bind(userOf(actor, query.created_by))}`, indexed);
  if (query.parent_id) add(`t.parent_id = ${bind(query.parent_id)}`, indexed);
  if (query.type) {
    const isRare = !query.type.includes('task');
    add(`t.type = ANY(${bind(query.type)})${isRare ? " AND t.type <> 'task'" : ''}`, { hasIndex: isRare });
  }
  if (query.blocked !== undefined)
    add(`t.blocker IS ${query.blocked ? 'NOT ' : ''}NULL`, { hasIndex: query.blocked });
  if (query.needs_somebody) add("(t.status = 'failed' OR t.blocker IS NOT NULL)");
  if (query.exact_priority) add(`t.priority = ${bind(query.exact_priority)}`, { column: 'priority' });
  if (query.tags) add(inBothIndexes(`t.tags @> ${bind(query.tags)}`, query), indexed);
  if (query.search !== undefined) {
    const tree = parseSearch(query.search);
    add(tree ? inBothIndexes(searchCondition(tree, bind), query) : 'false', indexed);
  }
  if (query.include_drafts)
    add(`(NOT t.is_draft OR t.created_by = $1 OR t.project_id IN (
      SELECT p.id FROM projects p ${memberJoin} WHERE ${accessRole} = 'owner'))`);
  return filters;
}
