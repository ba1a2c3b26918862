import type { Role } from './permissions.js';

/**
 * What processes tell each other after a commit. Rooms never call each other for side effects: they emit, and whoever
 * cares listens. Payloads are JSON, carry ids and small facts, and may be lost: whoever must not miss anything reads
 * the activity or the execution from Postgres.
 */
export interface EventMap {
  /** A write was recorded: one row of the activity. */
  'activity.recorded': ActivityEvent;
  /** An execution changed its state; `task_id` is null for an ad hoc command. */
  'execution.changed': ExecutionEvent;
  /** Somebody asked that an execution be stopped. */
  'execution.cancel': { execution_id: string };
  /** A reader of an execution's output has missed what is not stored yet: whoever records it says it again. */
  'execution.output_missed': { execution_id: string };
  /** A user was changed, disabled or signed out everywhere: forget what is cached of it. */
  'user.changed': { user_id: string };
  /** A user may run less than before: everywhere, or in one project. */
  'user.restricted': { user_id: string; project_id: string | null };
  /** A project's access, status or settings changed: forget what is cached of it. */
  'project.changed': { project_id: string };
  /** Maintenance was announced, changed or ended. */
  'maintenance.changed': Record<string, never>;
  /** Deliveries wait in the outbox. */
  'webhooks.pending': { count: number };
  /** A message for people: to everybody, or to one user. */
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
  /** For tasks: what sockets are told. */
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
  /** What went wrong, for people, when no exit code tells. */
  error: string | null;
  /** Seconds the command ran; null while it has not ended. */
  duration: number | null;
  at: string;
}

export interface NotificationEvent {
  /** For one user, or for everybody. */
  user_id: string | null;
  /** For users of one role only. */
  role?: Role;
  project_id: string | null;
  /** The room of the API that it is about: a personal access token hears of what its scopes let it read. */
  room: 'tasks' | 'webhooks' | 'system';
  level: 'info' | 'warning' | 'error';
  title: string;
  message: string;
  actions: { label: string; action: string; url?: string }[];
}

export type EventName = keyof EventMap;
