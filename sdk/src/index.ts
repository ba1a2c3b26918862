export { BaseURLError } from './http/base-url.js';
export { MillraceClient, type MillraceClientOptions } from './client.js';
export {
  ApiError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  isApiError,
  MillraceError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServerError,
  TimeoutError,
  ValidationError,
  type ErrorCode,
} from './http/errors.js';
export type { RequestOptions } from './http/request-options.js';
export type { FileBody } from './http/file-body.js';
export { Listing } from './http/listing.js';
export { ArgumentError } from './http/path.js';
export type { TokenPair } from './http/tokens.js';
export { CommandRun, type CommandResult } from './output/command-run.js';
export type { RunOptions } from './output/commands.js';
export type { FollowOptions } from './output/follow.js';
export { OutputFrame, type OutputEnd } from './output/frame.js';
export { LiveSocket } from './websocket/live-socket.js';
export type { Channel, MessageMap, MessageType, Topic } from './websocket/messages.js';
export type { WebhookEvent } from './generated/webhook-event.js';
export { verifyWebhook, WebhookVerificationError, type VerifyOptions } from './webhooks/verify.js';
export type * from './generated/types.js';
