import type { AppError } from '../common/errors.js';
import type { NotificationEvent } from '../common/event-map.js';
import type { OutputView } from '../output/output-view.js';

/** What a client is sent, by type. */
export interface MessageData {
  authenticated: {
    user_id: string;
    username: string;
    role: string;
    permissions: readonly string[];
    session_id: string | null;
  };
  subscribed: Topic & { from_offset?: number };
  unsubscribed: Topic;
  task_update: {
    task_id: string;
    project_id?: string | null;
    status: string;
    progress_percentage?: number;
    updated_at: string;
    execution_id?: string;
  };
  task_completed: {
    task_id: string;
    project_id: string | null;
    execution_id: string;
    status: string;
    completed_at: string;
    duration: string | null;
    exit_code: number | null;
  };
  project_update: {
    project_id: string;
    action: string;
    entity_type: string;
    entity_id: string;
    actor_id: string | null;
    updated_at: string;
  };
  command_output: OutputView;
  notification: Pick<NotificationEvent, 'level' | 'title' | 'message' | 'actions'> & { project_id?: string };
  performance_data: Record<string, unknown>;
  error: { code: string; message: string; details: Record<string, unknown>; [key: string]: unknown };
}

/** What a subscription is about. */
export interface Topic {
  channel: string;
  project_id?: string | undefined;
  task_id?: string | undefined;
  command_id?: string | undefined;
}

export type MessageBody = { type: string; data?: unknown; timestamp?: unknown };

/** One message for any number of peers: as an object, and as JSON made once. */
export class Message {
  private encoded: Buffer | undefined;

  constructor(readonly body: MessageBody) {}

  /** The JSON in UTF-8. */
  get bytes(): Buffer {
    return (this.encoded ??= Buffer.from(JSON.stringify(this.body)));
  }
}

/** A message with the time at which it became true. */
export function message<T extends keyof MessageData>(type: T, data: MessageData[T], at?: string): Message {
  return new Message({ type, data, timestamp: at ?? new Date().toISOString() });
}

/** Output carries the time at which it was read inside its data. */
export const outputMessage = (data: OutputView) => new Message({ type: 'command_output', data });

/** @param more what else belongs beside the code, such as the task that failed */
export function errorMessage(error: AppError, more: Record<string, unknown> = {}): Message {
  const { code, message: text, details } = error;
  return message('error', { code, message: text, ...more, details });
}
