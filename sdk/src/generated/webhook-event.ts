// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type {
  ClaimLostMessage,
  PingMessage,
  ProjectCreatedMessage,
  ProjectUpdatedMessage,
  SystemAlertMessage,
  SystemMaintenanceMessage,
  TaskArchivedMessage,
  TaskCommentedMessage,
  TaskCompletedMessage,
  TaskCreatedMessage,
  TaskFailedMessage,
  TaskRestoredMessage,
  TaskUpdatedMessage,
  WorkerLostMessage,
} from './types.js';

/** What a webhook is sent; `event` tells which of these it is. */
export type WebhookEvent =
  | ClaimLostMessage
  | PingMessage
  | ProjectCreatedMessage
  | ProjectUpdatedMessage
  | SystemAlertMessage
  | SystemMaintenanceMessage
  | TaskArchivedMessage
  | TaskCommentedMessage
  | TaskCompletedMessage
  | TaskCreatedMessage
  | TaskFailedMessage
  | TaskRestoredMessage
  | TaskUpdatedMessage
  | WorkerLostMessage;

/** Fields of it, in the names of the wire, whose content is free-form. */
export const keptInWebhookEvents: readonly string[] = ['changes', 'details'];
