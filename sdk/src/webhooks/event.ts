/** What a webhook is sent. */
export interface WebhookEvent {
  /** Such as `task.completed`. */
  event: string;
  /** When it happened. */
  timestamp: string;
  /** What it happened to: for a task `taskId`, `projectId`, `status` and more. */
  data: Record<string, unknown>;
  webhookId: string;
  /** The same for every try of a delivery. */
  deliveryId: string;
  /** Counts up for each webhook; deliveries may come out of order. */
  sequence: number;
}
