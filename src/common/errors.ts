/** The level at which an error response is logged. */
type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface ErrorDefinition {
  status: number;
  message: string;
  level: LogLevel;
}

/** The HTTP status, default message and log level of each error code. Codes are public API. */
const table = {
  AUTH_TOKEN_INVALID: { status: 401, message: 'The token is invalid or expired', level: 'info' },
  AUTH_TOKEN_EXPIRED: {
    status: 401,
    message: 'The token has expired: connect again with a new one, or authenticate with it before the end',
    level: 'info',
  },
  AUTH_TOKEN_MISSING: { status: 401, message: 'The Authorization header is missing', level: 'info' },
  AUTH_INVALID_CREDENTIALS: { status: 401, message: 'The username or password is wrong', level: 'info' },
  AUTH_INSUFFICIENT_PERMISSIONS: { status: 403, message: 'Your role does not allow this', level: 'info' },
  AUTH_ACCOUNT_DISABLED: { status: 403, message: 'This account is disabled', level: 'info' },

  VALIDATION_ERROR: { status: 422, message: 'The request data is invalid', level: 'debug' },
  VALIDATION_REQUIRED_FIELD: { status: 422, message: 'A required field is missing', level: 'debug' },
  VALIDATION_INVALID_FORMAT: { status: 422, message: 'A field has an invalid format', level: 'debug' },
  VALIDATION_VALUE_TOO_LONG: { status: 422, message: 'A field is above its maximum length', level: 'debug' },
  VALIDATION_VALUE_TOO_SHORT: { status: 422, message: 'A field is below its minimum length', level: 'debug' },
  MALFORMED_REQUEST: { status: 400, message: 'The request cannot be read', level: 'debug' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: 'This path does not take this method; the Allow header names those it takes',
    level: 'debug',
  },
  REQUEST_TIMEOUT: { status: 408, message: 'The request took too long to arrive', level: 'debug' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The request body is too large', level: 'info' },
  ANSWER_TOO_LARGE: {
    status: 422,
    message: 'The answer would be too large: ask for a smaller page_size',
    level: 'info',
  },
  HEADERS_TOO_LARGE: { status: 431, message: 'The request headers are too large', level: 'info' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'Send the body as application/json', level: 'debug' },

  RESOURCE_NOT_FOUND: { status: 404, message: 'The resource does not exist', level: 'debug' },
  OUTPUT_PRUNED: {
    status: 410,
    message: 'The output was removed because its retention time was over',
    level: 'debug',
  },
  RANGE_NOT_SATISFIABLE: { status: 416, message: 'The range begins after the end', level: 'debug' },
  RESOURCE_ALREADY_EXISTS: { status: 409, message: 'A resource with this identifier exists', level: 'debug' },
  RESOURCE_IN_USE: { status: 409, message: 'The resource is in use', level: 'debug' },
  RESOURCE_LIMIT_EXCEEDED: { status: 409, message: 'A resource limit is reached', level: 'info' },
  SECRETS_UNPROTECTED: {
    status: 409,
    message: 'No worker keeps the commands of other projects from this secret',
    level: 'info',
  },
  VERSION_CONFLICT: { status: 409, message: 'The resource was changed meanwhile', level: 'debug' },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    message: 'This Idempotency-Key belongs to another request',
    level: 'info',
  },

  ATTACHMENT_IS_LINK: {
    status: 409,
    message: 'The attachment is a link: what it leads to is not kept here',
    level: 'debug',
  },

  TASK_NOT_FOUND: { status: 404, message: 'The task does not exist', level: 'debug' },
  TASK_ALREADY_RUNNING: { status: 409, message: 'The task is already queued or running', level: 'debug' },
  TASK_ALREADY_CLAIMED: { status: 409, message: 'Somebody works on the task', level: 'debug' },
  TASK_NOT_CLAIMABLE: { status: 409, message: 'The task cannot be claimed as it is', level: 'debug' },
  CLAIM_LOST: {
    status: 409,
    message: 'You do not hold this claim any more: nothing was changed',
    level: 'debug',
  },
  TASK_NOT_RUNNING: { status: 409, message: 'The task is neither queued nor running', level: 'debug' },
  TASK_ARCHIVED: { status: 409, message: 'The task is archived: restore it first', level: 'debug' },
  TASK_IS_DRAFT: { status: 409, message: 'The task is a draft: publish it first', level: 'debug' },
  TASK_NOT_DRAFT: { status: 409, message: 'The task is not a draft', level: 'debug' },
  TASK_NOT_RETRYABLE: {
    status: 409,
    message: 'Only a failed or cancelled task can be retried',
    level: 'debug',
  },
  TASK_EXECUTION_FAILED: { status: 500, message: 'The execution failed', level: 'warn' },
  TASK_TIMEOUT: { status: 504, message: 'The execution timed out', level: 'info' },
  TASK_CANCELLED: { status: 409, message: 'The task was cancelled', level: 'info' },
  TASK_DEPENDENCY_NOT_MET: { status: 409, message: 'The task waits for other tasks', level: 'debug' },
  TASK_NOT_EXECUTABLE: {
    status: 422,
    message: 'The task has no command and its project has no command_template',
    level: 'debug',
  },
  CONCURRENCY_SKIPPED: {
    status: 409,
    message: 'Nothing was queued: another run holds the concurrency group',
    level: 'debug',
  },
  COMMAND_UNSAFE: { status: 422, message: 'The command is unsafe', level: 'warn' },
  COMMAND_NOT_RUNNING: { status: 409, message: 'The command has already ended', level: 'debug' },

  PROJECT_NOT_FOUND: { status: 404, message: 'The project does not exist', level: 'debug' },
  PROJECT_ACCESS_DENIED: { status: 403, message: 'You may not do this in the project', level: 'info' },
  PROJECT_ARCHIVED: { status: 409, message: 'The project is archived and read-only', level: 'debug' },
  PROJECT_NOT_ARCHIVED: {
    status: 409,
    message: 'The project is not archived: set its status to archived first',
    level: 'debug',
  },
  PROJECT_LIMIT_EXCEEDED: { status: 409, message: 'A limit of the project is reached', level: 'info' },

  MAKER_DISABLED: {
    status: 409,
    message: 'Who has made it may not run it any more',
    level: 'info',
  },
  TRIGGER_SIGNATURE_INVALID: {
    status: 401,
    message: 'The message is not signed with the secret of the trigger',
    level: 'info',
  },
  RATE_LIMIT_EXCEEDED: { status: 429, message: 'Too many requests. Please try again later.', level: 'info' },
  QUEUE_FULL: { status: 503, message: 'The queue is full, try again later', level: 'warn' },
  SYSTEM_MAINTENANCE: { status: 503, message: 'The system is in maintenance', level: 'info' },
  SYSTEM_OVERLOADED: { status: 503, message: 'The system is overloaded, try again later', level: 'warn' },
  DATABASE_ERROR: { status: 503, message: 'The database does not answer, try again later', level: 'error' },
  WEBSOCKET_CONNECTION_FAILED: { status: 503, message: 'The WebSocket connection failed', level: 'warn' },
  INTERNAL_ERROR: { status: 500, message: 'Something went wrong on our side', level: 'error' },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof table;

/** Every code with its HTTP status and default message; the OpenAPI document is made from it. */
export const errorTable: Readonly<Record<ErrorCode, ErrorDefinition>> = table;

/** The one error that services throw: a code of the table, optional details for the client, the cause for the log. */
export class AppError extends Error {
  readonly status: number;
  readonly level: LogLevel;

  constructor(
    readonly code: ErrorCode,
    readonly details: Record<string, unknown> = {},
    options: { message?: string; cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    const definition = errorTable[code];
    super(options.message ?? definition.message, { cause: options.cause });
    this.name = 'AppError';
    this.status = definition.status;
    this.level = definition.level;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  readonly retryAfterSeconds: number | undefined;
}
