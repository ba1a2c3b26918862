import type { Topic } from './server-message.js';

export const channels = [
  'task_updates',
  'project_updates',
  'command_output',
  'notifications',
  'performance',
] as const;
export type Channel = (typeof channels)[number];

/** The API resource (`scopesOf`) whose read scopes a channel needs. */
export const resourceOfChannel: Record<Channel, string> = {
  task_updates: 'tasks',
  project_updates: 'projects',
  command_output: 'commands',
  notifications: 'users',
  performance: 'system',
};

const idFields = ['project_id', 'task_id', 'command_id'] as const;

/** The keys under which events are routed; a subscription has one of them. */
export const keys = {
  allTasks: 'tasks',
  tasksOf: (projectId: string) => `tasks of ${projectId}`,
  task: (taskId: string) => `task ${taskId}`,
  project: (projectId: string) => `project ${projectId}`,
  output: (executionId: string) => `output ${executionId}`,
  notifications: 'notifications',
  performance: 'performance',
} as const;

/** A resolved and permitted subscription of a client. */
export interface Subscription {
  key: string;
  /** The topic as the client receives it back, with the stored ids. */
  topic: Topic & { channel: Channel };
  /** The topic as the client requested it, which may name a task ref or a project key instead of an id. */
  requested: Topic;
  /** The project that the user must be able to see, or the subscription ends. */
  projectId: string | null;
  executionId?: string | undefined;
  /** The requester of the command. A command without a project is visible only to its requester and administrators. */
  requestedBy?: string | undefined;
  fromOffset?: number | undefined;
  /** Stops the output pump of the subscription. */
  stop?: () => void;
}

/** Tells whether a request to unsubscribe matches a subscription. Output may be named by any of its ids, or by none for all. */
export function matches(subscription: Subscription, request: Topic): boolean {
  const { topic, requested } = subscription;
  if (topic.channel !== request.channel) return false;
  return idFields.every((field) => {
    const named = request[field];
    if (named === undefined) return topic.channel === 'command_output' || requested[field] === undefined;
    return named === requested[field] || named === topic[field];
  });
}
