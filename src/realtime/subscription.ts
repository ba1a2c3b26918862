import type { Topic } from './message.js';

export const channels = [
  'task_updates',
  'project_updates',
  'command_output',
  'notifications',
  'performance',
] as const;
export type Channel = (typeof channels)[number];

/** The room of the API whose reading a channel is like. */
export const roomOfChannel: Record<Channel, string> = {
  task_updates: 'tasks',
  project_updates: 'projects',
  command_output: 'commands',
  notifications: 'users',
  performance: 'system',
};

const idFields = ['project_id', 'task_id', 'command_id'] as const;

/** Names of what events are about; a subscription listens to one of them. */
export const keys = {
  allTasks: 'tasks',
  tasksOf: (projectId: string) => `tasks of ${projectId}`,
  task: (taskId: string) => `task ${taskId}`,
  project: (projectId: string) => `project ${projectId}`,
  output: (executionId: string) => `output ${executionId}`,
  notifications: 'notifications',
  performance: 'performance',
} as const;

/** What a client wants to hear of, found and permitted. */
export interface Subscription {
  key: string;
  /** As it is answered: ids as they are stored. */
  topic: Topic & { channel: Channel };
  /** As it was asked for: a ref or a key is as good as an id. */
  asked: Topic;
  /** Whoever loses sight of this project loses the subscription. */
  projectId: string | null;
  executionId?: string | undefined;
  /** Whose command it is; without a project it is nobody else's business but the administrators'. */
  requestedBy?: string | undefined;
  fromOffset?: number | undefined;
  /** Ends what runs for it. */
  stop?: () => void;
}

/** Whether a request to unsubscribe means this subscription. Output may be named by any of its ids, or by none for all. */
export function isMeant(subscription: Subscription, request: Topic): boolean {
  const { topic, asked } = subscription;
  if (topic.channel !== request.channel) return false;
  return idFields.every((field) => {
    const named = request[field];
    if (named === undefined) return topic.channel === 'command_output' || asked[field] === undefined;
    return named === asked[field] || named === topic[field];
  });
}
