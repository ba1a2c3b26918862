import type { Role } from './permissions.js';

/**
 * The events that processes publish to each other after a commit. Modules do not call each other for side effects: they emit events.
 * Payloads are small JSON objects with ids, and may be lost: a listener that must not miss anything reads the activity or the
 * execution from Postgres.
 */
export interface EventMap {
  /** A write was recorded: one row of the activity. */
  'activity.recorded': ActivityEvent;
  /** An execution changed its state; `task_id` is null for an ad hoc command. */
  'execution.changed': ExecutionEvent;
  /** Cancellation of an execution was requested. */
  'execution.cancel': { execution_id: string };
  /** A reader of an execution's output has missed frames that are not stored yet: the recorder publishes them again. */
  'execution.output_missed': { execution_id: string };
  /** A worker was drained or resumed: it reads which. */
  'worker.changed': { worker_id: string };
  /** A user was changed, disabled or signed out everywhere; caches drop it. */
  'user.changed': { user_id: string };
  /** A user's permission to run commands was reduced, everywhere or in one project. */
  'user.restricted': { user_id: string; project_id: string | null };
  /** A project's access, status or settings changed; caches drop it. */
  'project.changed': { project_id: string };
  /** A project was deleted for good: its rows and its workspaces are to be removed. */
  'project.erased': { project_id: string };
  /** Maintenance was announced, changed or ended. */
  'maintenance.changed': Record<string, never>;
  /** Webhook deliveries wait in the outbox. */
  'webhooks.pending': { count: number };
  /** A message is shown to one user, or to everybody. */
  notification: NotificationEvent;
}

export interface ActivityEvent {
  id: string;
  at: string;
  actor_id: string | null;
  session_id: string | null;
  entity_type: string;
  entity_id: string;
  project_id: string | null;
  action: string;
  /** The data of the `task_update` message, for activity of a task. */
  task?: { status: string; progress_percentage: number; updated_at: string };
}

export interface ExecutionEvent {
  execution_id: string;
  task_id: string | null;
  project_id: string | null;
  requested_by: string;
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
  reason: string | null;
  exit_code: number | null;
  /** A readable description of the failure, when there is no exit code. */
  error: string | null;
  /** The duration of the command in seconds; null until it has ended. */
  duration: number | null;
  at: string;
}

export interface NotificationEvent {
  /** The recipient; null for everybody. */
  user_id: string | null;
  /** Restricts the recipients to one role. */
  role?: Role;
  project_id: string | null;
  /** The API resource of the notification: a personal access token receives it if its scopes permit reading that resource. */
  room: 'tasks' | 'webhooks' | 'system';
  level: 'info' | 'warning' | 'error';
  title: string;
  message: string;
  actions: { label: string; action: string; url?: string }[];
}

export type EventName = keyof EventMap;
