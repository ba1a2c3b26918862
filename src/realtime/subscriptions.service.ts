import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { ExecutionsService } from '../executions/executions.service.js';
import { Database } from '../infra/database.js';
import { ProjectAccess } from '../projects/project-access.js';
import { requireTask } from '../tasks/tasks.queries.js';
import type { ClientMessage } from './client-message.js';
import { keys, type Subscription } from './subscription.js';

type Request = ClientMessage<'subscribe'>;
type Found = Pick<Subscription, 'key' | 'projectId' | 'executionId' | 'requestedBy'> & {
  ids?: Partial<Subscription['topic']>;
};

/** Resolves requests to subscribe: finds the resource and checks the client's access to it. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly database: Database,
    private readonly access: ProjectAccess,
    private readonly executions: ExecutionsService,
  ) {}

  /** @throws VALIDATION_REQUIRED_FIELD, PROJECT_NOT_FOUND, TASK_NOT_FOUND, RESOURCE_NOT_FOUND */
  async resolve(actor: Actor, request: Request): Promise<Subscription> {
    const { from_offset, ...requested } = request;
    const { ids, ...found } = await this.find(actor, request);
    return {
      ...found,
      topic: { channel: request.channel, ...ids },
      requested,
      ...(found.executionId === undefined ? {} : { fromOffset: from_offset ?? 0 }),
    };
  }

  private async find(actor: Actor, request: Request): Promise<Found> {
    switch (request.channel) {
      case 'task_updates':
        return this.tasks(actor, request);
      case 'project_updates': {
        if (request.project_id === undefined) throw missing('project_id');
        const { id } = await this.access.require(actor, request.project_id, 'read');
        return { key: keys.project(id), projectId: id, ids: { project_id: id } };
      }
      case 'command_output':
        return this.output(actor, request);
      case 'notifications':
        return { key: keys.notifications, projectId: null };
      case 'performance':
        return { key: keys.performance, projectId: null };
    }
  }

  private async tasks(actor: Actor, { project_id, task_id }: Request): Promise<Found> {
    const project =
      project_id === undefined ? undefined : await this.access.require(actor, project_id, 'read');
    if (task_id !== undefined) {
      const task = await requireTask(this.database, actor, task_id, 'read');
      if (project && task.project_id !== project.id) throw new AppError('TASK_NOT_FOUND', { task_id });
      const ids = { ...(project ? { project_id: project.id } : {}), task_id: task.id };
      return { key: keys.task(task.id), projectId: task.project_id, ids };
    }
    if (!project) return { key: keys.allTasks, projectId: null };
    return { key: keys.tasksOf(project.id), projectId: project.id, ids: { project_id: project.id } };
  }

  private async output(actor: Actor, { command_id, task_id }: Request): Promise<Found> {
    const task = task_id === undefined ? undefined : await requireTask(this.database, actor, task_id, 'read');
    const id = command_id ?? task?.execution_id;
    if (id === undefined) throw missing('command_id');
    if (id === null)
      throw new AppError('RESOURCE_NOT_FOUND', { task_id }, { message: 'The task has never been executed' });
    const execution = await this.executions.require(actor, id, 'read');
    if (task && execution.task_id !== task.id)
      throw new AppError('RESOURCE_NOT_FOUND', { command_id, task_id });
    const ids = { ...(task ? { task_id: task.id } : {}), command_id: id };
    const { project_id: projectId, requested_by: requestedBy } = execution;
    return { key: keys.output(id), projectId, executionId: id, requestedBy, ids };
  }
}

const missing = (field: string) =>
  new AppError('VALIDATION_REQUIRED_FIELD', { field, issue: 'Field is required' });
