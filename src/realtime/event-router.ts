import { Injectable } from '@nestjs/common';
import { formatDuration } from '../common/duration.js';
import { AppError, type ErrorCode } from '../common/errors.js';
import type { ActivityEvent, ExecutionEvent, NotificationEvent } from '../common/event-map.js';
import { droppedEvents } from '../common/metrics.js';
import type { Actor, Scope } from '../common/permissions.js';
import { hasScope, scopesOf, scopesOfEntity } from '../common/scopes.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { Audiences } from '../projects/audiences.js';
import { errorMessage, message, type ServerMessage } from './server-message.js';
import { Subscribers } from './subscribers.js';
import { keys } from './subscription.js';

/** Events beyond this many waiting ones are dropped, while the database is slow. */
const maxWaiting = 10_000;

/** Turns events into messages for the subscribers that may receive them, in the order of the events. */
@Injectable()
export class EventRouter {
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;
  private isDropping = false;

  constructor(
    private readonly subscribers: Subscribers,
    private readonly audiences: Audiences,
    private readonly infrastructure: Infrastructure,
  ) {}

  activity(event: ActivityEvent): void {
    const { entity_type, entity_id, project_id, action, actor_id, at, task } = event;
    if (project_id === null) return;
    if (task) {
      const data = { task_id: entity_id, project_id, ...task };
      this.toTask(project_id, entity_id, () => message('task_update', data, at));
    } else {
      const data = { project_id, action, entity_type, entity_id, actor_id, updated_at: at };
      const make = () => message('project_update', data, at);
      this.toProject(project_id, [keys.project(project_id)], make, hasOneOf(scopesOfEntity(entity_type)));
    }
  }

  execution(event: ExecutionEvent): void {
    const { task_id, project_id, status } = event;
    if (task_id === null || project_id === null) return;
    if (status === 'completed') this.toTask(project_id, task_id, () => completed(task_id, event));
    if (status === 'failed') this.toTask(project_id, task_id, () => failed(task_id, event));
  }

  notification(event: NotificationEvent): void {
    const { user_id, role, project_id, room, level, title, message: text, actions } = event;
    const data = { level, title, message: text, actions, ...(project_id === null ? {} : { project_id }) };
    const make = () => message('notification', data);
    const maySee = mayRead(room);
    const isMeant = (actor: Actor) =>
      maySee(actor) &&
      (user_id === null || user_id === actor.id) &&
      (role === undefined || role === actor.role);
    if (project_id === null)
      this.inOrder([keys.notifications], async () => this.send([keys.notifications], make(), isMeant));
    else this.toProject(project_id, [keys.notifications], make, isMeant);
  }

  /** Runs work after the events before it have been sent. */
  async afterwards(work: () => Promise<void>): Promise<void> {
    this.tail = this.tail.then(work).catch((error: unknown) => {
      this.infrastructure.logger.warn({ err: error }, 'live connections could not be brought up to date');
    });
    return this.tail;
  }

  private toTask(projectId: string, taskId: string, make: () => ServerMessage): void {
    this.toProject(projectId, taskKeys(projectId, taskId), make, mayRead('tasks'));
  }

  private toProject(
    projectId: string,
    listeners: string[],
    make: () => ServerMessage,
    isMeant = (_actor: Actor) => true,
  ): void {
    this.inOrder(listeners, async () => {
      await this.audiences.load(projectId);
      this.send(listeners, make(), (actor) => isMeant(actor) && this.audiences.mayReceive(actor, projectId));
    });
  }

  private inOrder(listeners: string[], work: () => Promise<void>): void {
    if (!this.subscribers.has(...listeners)) return;
    if (this.waiting >= maxWaiting) return this.drop();
    this.waiting += 1;
    void this.afterwards(() => work().finally(() => (this.waiting -= 1)));
  }

  /** Counts a dropped event; the log reports the first one of a period in which events are dropped. */
  private drop(): void {
    droppedEvents.inc();
    if (this.isDropping) return;
    this.isDropping = true;
    this.infrastructure.logger.warn('events wait for the database: live connections miss some');
    void this.afterwards(async () => void (this.isDropping = false));
  }

  private send(listeners: string[], sent: ServerMessage, mayReceive: (actor: Actor) => boolean): void {
    for (const connection of this.subscribers.of(...listeners)) {
      if (connection.identity && mayReceive(connection.identity)) connection.send(sent);
    }
  }
}

/** Returns a check whether an actor may read a resource: password sign-ins may, and tokens that have a scope for it. */
function mayRead(resource: string): (actor: Actor) => boolean {
  return hasOneOf(scopesOf(resource, 'read'));
}

const hasOneOf = (scopes: readonly Scope[]) => (actor: Actor) => hasScope(actor, scopes);

const taskKeys = (projectId: string, taskId: string) => [
  keys.allTasks,
  keys.tasksOf(projectId),
  keys.task(taskId),
  keys.project(projectId),
];

function completed(taskId: string, event: ExecutionEvent): ServerMessage {
  const { project_id, execution_id, status, at, duration, exit_code } = event;
  const shown = formatDuration(duration);
  const data = {
    task_id: taskId,
    project_id,
    execution_id,
    status,
    completed_at: at,
    duration: shown,
    exit_code,
  };
  return message('task_completed', data, at);
}

/** Reasons of failure that have an error code of their own; all others are reported as TASK_EXECUTION_FAILED. */
const failureCodes = new Set<string>(['TASK_TIMEOUT', 'TASK_DEPENDENCY_NOT_MET'] satisfies ErrorCode[]);

function failed(
  taskId: string,
  { project_id, execution_id, reason, error, exit_code }: ExecutionEvent,
): ServerMessage {
  const code = reason !== null && failureCodes.has(reason) ? (reason as ErrorCode) : 'TASK_EXECUTION_FAILED';
  const details = { error: error ?? `The command ended with exit code ${exit_code}`, exit_code, reason };
  return errorMessage(new AppError(code, details), { task_id: taskId, project_id, execution_id });
}
