import type { ErrorCode } from '../http/errors.js';
import type { OutputEnd, OutputFrame } from '../output/frame.js';

export type Channel = 'task_updates' | 'project_updates' | 'command_output' | 'notifications' | 'performance';

/** What a subscription is about. */
export interface Topic {
  /** The id or key of a project: of `task_updates`, and what `project_updates` needs. */
  projectId?: string | undefined;
  /** The id or ref of a task: of `task_updates`, or whose `command_output`. */
  taskId?: string | undefined;
  /** The id of a command or execution: whose `command_output`. */
  commandId?: string | undefined;
  /** For `command_output`: the byte to start at; 0 unless said. */
  fromOffset?: number | undefined;
}

/** What listeners are given, by the type of the message. */
export interface MessageMap {
  /** A task was changed, or its run went on. */
  task_update: {
    taskId: string;
    projectId?: string | null;
    status: string;
    progressPercentage?: number;
    updatedAt: string;
    executionId?: string;
  };
  /** A task was done. */
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
  /** The output of a command came to its end. */
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
    systemHealth?: { status: string; uptime: number; databaseResponseTime: number };
  };
  /** The server found fault with a message of ours, or a task failed: then `taskId` says which. */
  error: {
    code: ErrorCode;
    message: string;
    details: Record<string, unknown>;
    /** The type of the message that was at fault. */
    request?: string;
    taskId?: string;
    projectId?: string;
    executionId?: string;
  };
  /** Connected and signed in; again after each reconnection. What happened in between was not heard: look up what matters. */
  open: { userId: string; username: string; role: string; permissions: string[]; sessionId: string | null };
  /** The connection broke; it is opened again after `delay` milliseconds. */
  reconnecting: { tries: number; delay: number; code: number; reason: string };
  /** It is over: closed by us, or by the server for good. */
  close: { code: number; reason: string };
}

/** Messages one may send, besides subscriptions. */
export interface SentMap {
  execute_task: { taskId: string; priority?: 'high' | 'normal' | 'low' };
  get_metrics: { metrics?: ('performance' | 'queue_status' | 'system_health')[] };
}

export type MessageType = keyof MessageMap;
export type Listener<T extends MessageType> = (data: MessageMap[T]) => void;
