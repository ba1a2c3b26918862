import type { AppError } from '../common/errors.js';
import type { NotificationEvent } from '../common/event-map.js';
import type { OutputView } from '../output/output-view.js';

/** The data of the messages that clients receive, by type. */
export interface ServerMessageData {
  authenticated: {
    user_id: string;
    username: string;
    role: string;
    permissions: readonly string[];
    session_id: string | null;
    /** The longest message that the server accepts. */
    max_message_bytes: number;
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

/** A channel, and the ids that narrow it down. */
export interface Topic {
  channel: string;
  project_id?: string | undefined;
  task_id?: string | undefined;
  command_id?: string | undefined;
}

export type MessageBody = { type: string; data?: unknown; timestamp?: unknown };

/** One message for any number of peers, which is encoded as JSON once. */
export class ServerMessage {
  private encoded: Buffer | undefined;

  constructor(readonly body: MessageBody) {}

  /** The message as JSON in UTF-8. */
  get bytes(): Buffer {
    return (this.encoded ??= Buffer.from(JSON.stringify(this.body)));
  }
}

/** Sends the answer to a message. */
export type Reply = (answer: ServerMessage) => void;

/** Makes a message with a timestamp: the time of the event, or now. */
export function message<T extends keyof ServerMessageData>(
  type: T,
  data: ServerMessageData[T],
  at?: string,
): ServerMessage {
  return new ServerMessage({ type, data, timestamp: at ?? new Date().toISOString() });
}

/** Makes a message of output; its data has the time at which the output was read, so the message has no timestamp. */
export const outputMessage = (data: OutputView) => new ServerMessage({ type: 'command_output', data });

/** @param more further fields of the data, such as the task that failed */
export function errorMessage(error: AppError, more: Record<string, unknown> = {}): ServerMessage {
  const { code, message: text, details } = error;
  return message('error', { code, message: text, ...more, details });
}
