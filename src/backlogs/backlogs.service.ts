import { Injectable } from '@nestjs/common';
import { AgentsService } from '../agents/agents.service.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Transaction } from '../infra/database.js';
import { ProjectAccess } from '../projects/project-access.js';
import { TaskCreationService } from '../tasks/task-creation.service.js';
import type { TaskListing } from '../tasks/task-list.schema.js';
import { TaskListService } from '../tasks/task-list.service.js';
import { TaskUpdateService } from '../tasks/task-update.service.js';
import { requireTask, type AccessibleTask } from '../tasks/tasks.queries.js';
import { createTaskSchema } from '../tasks/tasks.schema.js';
import { TasksService } from '../tasks/tasks.service.js';
import { refOf } from '../tasks/task-ref.js';
import { changeOf, type BacklogStatus } from './backlog-words.js';
import {
  toBacklogPage,
  toBacklogTask,
  type AddToBacklog,
  type BacklogPage,
  type BacklogQuery,
  type BacklogsQuery,
  type BacklogSummary,
  type BacklogTask,
  type ChangeInBacklog,
} from './backlogs.schema.js';

/** The backlogs of agents: the tasks of their projects, in words of their own. */
@Injectable()
export class BacklogsService {
  constructor(
    private readonly database: Database,
    private readonly agents: AgentsService,
    private readonly projects: ProjectAccess,
    private readonly lists: TaskListService,
    private readonly creation: TaskCreationService,
    private readonly updates: TaskUpdateService,
    private readonly tasks: TasksService,
  ) {}

  /** Lists the tasks of all agents whose backlogs the actor may see, the most urgent first. @throws RESOURCE_NOT_FOUND */
  async list(
    actor: Actor,
    { agent_id, priority, ...query }: BacklogsQuery,
    url: string,
  ): Promise<BacklogPage<BacklogTask & { agent_id: string }>> {
    const project = agent_id === undefined ? {} : { project_id: await this.projectOf(actor, agent_id) };
    const exact = priority === undefined ? {} : { exact_priority: priority };
    const page = await this.lists.list(actor, { ...listing(query), ...project, ...exact }, url);
    const slugs = await this.slugsOf(page.items.map(({ project_id }) => project_id));
    return toBacklogPage({
      ...page,
      items: page.items.map((task) => ({
        agent_id: slugs.get(task.project_id) ?? '',
        ...toBacklogTask(task),
      })),
    });
  }

  /** Lists the tasks of an agent, the most urgent first. @throws RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND */
  async ofAgent(
    actor: Actor,
    name: string,
    query: BacklogQuery,
    url: string,
  ): Promise<{ agent_id: string } & BacklogPage<BacklogTask>> {
    const { slug, project_id } = await this.agents.require(name);
    await this.projects.require(actor, project_id, 'read');
    const page = await this.lists.list(actor, { ...listing(query), project_id }, url);
    return { agent_id: slug, ...toBacklogPage({ ...page, items: page.items.map(toBacklogTask) }) };
  }

  /** Adds a task to the backlog of an agent. @throws RESOURCE_NOT_FOUND and the errors of the creation of tasks */
  async add(actor: Actor, name: string, input: AddToBacklog): Promise<BacklogTask> {
    const project_id = await this.projectOf(actor, name);
    return toBacklogTask(await this.creation.create(actor, { ...createTaskSchema.parse(input), project_id }));
  }

  /**
   * Changes a task of an agent.
   * @throws RESOURCE_NOT_FOUND, TASK_NOT_FOUND for one of another backlog, VALIDATION_ERROR for the result of a task that is not complete,
   * and the errors of the change of tasks
   */
  async change(actor: Actor, name: string, taskName: string, input: ChangeInBacklog): Promise<BacklogTask> {
    const projectId = await this.projectOf(actor, name);
    const { status, blocker, ...fields } = input;
    return this.database.transaction(async (tx) => {
      const task = await this.lock(tx, actor, projectId, taskName);
      if (blocker && status !== undefined && status !== 'blocked') {
        const issue = 'Only a task that is blocked has one: send no other status';
        throw new AppError('VALIDATION_ERROR', { field: 'blocker', issue });
      }
      const change = changeOf(task, { status, blocker });
      if (fields.result && (change.status ?? task.status) !== 'completed') {
        const issue = 'Only a task that is complete has one: send the status as well';
        throw new AppError('VALIDATION_ERROR', { field: 'result', issue });
      }
      return toBacklogTask(await this.updates.updateIn(tx, actor, task.id, { ...fields, ...change }));
    });
  }

  /**
   * Removes a task of an agent for good. The agent may do so in its own backlog.
   * @throws RESOURCE_NOT_FOUND, TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, RESOURCE_IN_USE while it is queued or running
   */
  async remove(actor: Actor, name: string, taskName: string): Promise<{ deleted: string }> {
    const agent = await this.agents.require(name);
    await this.projects.require(actor, agent.project_id, 'read');
    return this.database.transaction(async (tx) => {
      const task = await this.lock(tx, actor, agent.project_id, taskName);
      await this.tasks.eraseIn(tx, actor, task.id, actor.id === agent.id ? 'write' : 'own');
      return { deleted: refOf(task) };
    });
  }

  /** Counts the tasks of an agent. @throws RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND */
  async summary(actor: Actor, name: string): Promise<BacklogSummary> {
    const projectId = await this.projectOf(actor, name);
    const [counts, blocked] = await Promise.all([
      this.database.query<{ status: string; n: number }>(
        `SELECT status, sum(n)::int AS n FROM task_counts
          WHERE project_id = $1 AND NOT is_archived AND NOT is_draft GROUP BY status`,
        [projectId],
      ),
      this.database.query<{ status: string; n: number }>(
        `SELECT status, count(*)::int AS n FROM tasks
          WHERE project_id = $1 AND blocker IS NOT NULL AND deleted_at IS NULL AND NOT is_archived AND NOT is_draft
            AND status NOT IN ('completed', 'cancelled', 'failed') GROUP BY status`,
        [projectId],
      ),
    ]);
    const of = (rows: { status: string; n: number }[], ...statuses: string[]) =>
      rows.filter(({ status }) => statuses.includes(status)).reduce((sum, { n }) => sum + n, 0);
    const summary = {
      queued: of(counts, 'pending', 'queued') - of(blocked, 'pending', 'queued'),
      in_progress: of(counts, 'running') - of(blocked, 'running'),
      complete: of(counts, 'completed'),
      blocked: of(counts, 'failed') + of(blocked, 'pending', 'queued', 'running'),
    };
    return { ...summary, total: Object.values(summary).reduce((sum, n) => sum + n, 0) };
  }

  private async lock(
    tx: Transaction,
    actor: Actor,
    projectId: string,
    name: string,
  ): Promise<AccessibleTask> {
    const task = await requireTask(tx, actor, name, 'write', { lock: true });
    if (task.project_id !== projectId) throw new AppError('TASK_NOT_FOUND', { task_id: name });
    return task;
  }

  /** Returns the project of an agent. @throws RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND when the actor may not see it */
  private async projectOf(actor: Actor, name: string): Promise<string> {
    const { project_id } = await this.agents.require(name);
    return (await this.projects.require(actor, project_id, 'read')).id;
  }

  private async slugsOf(projectIds: string[]): Promise<Map<string, string>> {
    const rows = await this.database.query<{ project_id: string; slug: string }>(
      'SELECT p.id AS project_id, u.username AS slug FROM projects p JOIN users u ON u.id = p.agent_id WHERE p.id = ANY ($1)',
      [[...new Set(projectIds)]],
    );
    return new Map(rows.map(({ project_id, slug }) => [project_id, slug]));
  }
}

const statesOf: Record<BacklogStatus, Pick<TaskListing, 'status' | 'blocked' | 'needs_somebody'>> = {
  queued: { status: ['pending', 'queued'], blocked: false },
  in_progress: { status: ['running'], blocked: false },
  complete: { status: ['completed'] },
  blocked: { status: ['pending', 'queued', 'running', 'failed'], needs_somebody: true },
  cancelled: { status: ['cancelled'] },
};

/** The list of tasks behind a page of backlogs: that of agents' projects, by priority, and of one priority the oldest first. */
function listing({ status, ...paging }: Omit<BacklogQuery, 'agent_id'>): TaskListing {
  return {
    ...paging,
    sort: 'priority',
    order: 'asc',
    brief: false,
    include_archived: false,
    include_drafts: false,
    of_agents: true,
    ...(status === undefined ? {} : statesOf[status]),
  };
}
