/** The events that a webhook can subscribe to. */
export const webhookEvents = [
  'task.created',
  'task.updated',
  'task.completed',
  'task.failed',
  'task.archived',
  'task.restored',
  'task.commented',
  'claim.lost',
  'project.created',
  'project.updated',
  'system.maintenance',
  'system.alert',
  'worker.lost',
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];
