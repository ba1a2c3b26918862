import type { ErrorCode } from '../http/errors.js';
import type { OutputEnd, OutputFrame } from '../output/frame.js';

export type Channel = 'task_updates' | 'project_updates' | 'command_output' | 'notifications' | 'performance';

/** What a subscription covers. */
export interface Topic {
  /** The id or key of a project; optional for `task_updates`, required for `project_updates`. */
  projectId?: string | undefined;
  /** The id or ref of a task, for `task_updates` or `command_output`. */
  taskId?: string | undefined;
  /** The id of a command or execution, for `command_output`. */
  commandId?: string | undefined;
  /** For `command_output`: the byte to start at; 0 by default. */
  fromOffset?: number | undefined;
}

/** The data that listeners receive, by message type. */
export interface MessageMap {
  /** A task was changed, or its run made progress. */
  task_update: {
    taskId: string;
    projectId?: string | null;
    status: string;
    progressPercentage?: number;
    updatedAt: string;
    executionId?: string;
  };
  /** A task was completed. */
  task_completed: {
    taskId: string;
    projectId: string | null;
    executionId: string;
    status: string;
    completedAt: string;
    duration: string | null;
    exitCode: number | null;
  };
  /** Something in a project was changed. */
  project_update: {
    projectId: string;
    action: string;
    entityType: string;
    entityId: string;
    actorId: string | null;
    updatedAt: string;
  };
  /** A piece of output. */
  command_output: OutputFrame;
  /** The output of a command has ended. */
  command_end: OutputEnd & { commandId: string };
  notification: {
    level: 'info' | 'warning' | 'error';
    title: string;
    message: string;
    actions: { label: string; action: string; url?: string }[];
    projectId?: string;
  };
  performance_data: {
    cpuUsage?: number;
    memoryUsage?: number;
    activeConnections?: number;
    tasksPerMinute?: number;
    queueSizes?: { high: number; normal: number; low: number };
    systemHealth?: { status: string; uptime: number; databaseResponseTime: number | null };
  };
  /** The server refused a message of the client, or a task failed, in which case `taskId` names it. */
  error: {
    code: ErrorCode;
    message: string;
    details: Record<string, unknown>;
    /** The type of the refused message. */
    request?: string;
    taskId?: string;
    projectId?: string;
    executionId?: string;
  };
  /** Connected and signed in, also after each reconnection. Messages in between are lost: fetch the current state. */
  open: { userId: string; username: string; role: string; permissions: string[]; sessionId: string | null };
  /** The connection was lost; it reconnects after `delay` milliseconds. */
  reconnecting: { tries: number; delay: number; code: number; reason: string };
  /** The connection is closed for good, by the client or by the server. */
  close: { code: number; reason: string };
}

/** Messages that a client can send, besides subscriptions. */
export interface SentMap {
  execute_task: { taskId: string; priority?: 'high' | 'normal' | 'low' };
  get_metrics: { metrics?: ('performance' | 'queue_status' | 'system_health')[] };
}

export type MessageType = keyof MessageMap;
export type Listener<T extends MessageType> = (data: MessageMap[T]) => void;
