import type { ErrorEnvelope } from '../generated/types.js';

/** Every code that Millrace answers errors with. */
export type ErrorCode = ErrorEnvelope['error']['code'];

/** Any error of this SDK. */
export class MillraceError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** There was no answer: nobody listens, the connection broke, or no answer came in time. */
export class ConnectionError extends MillraceError {}

/** No answer came within `timeout`. */
export class TimeoutError extends ConnectionError {}

/** What an answer says of an error. */
export interface ApiErrorInit {
  status: number;
  code: ErrorCode;
  message: string;
  /** What more there is to know, in the names of the wire; for validation `field`, `issue` and `issues`. */
  details: Record<string, unknown>;
  requestId?: string | undefined;
  /** Seconds after which another try makes sense. */
  retryAfter?: number | undefined;
}

/** Millrace answered with an error. Look at `code` for what happened, or at the class for what kind of thing it is. */
export class ApiError extends MillraceError {
  readonly status: number;
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;
  /** To name in a report: the server's log has it too. */
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(init: ApiErrorInit) {
    super(init.message);
    this.status = init.status;
    this.code = init.code;
    this.details = init.details;
    this.requestId = init.requestId;
    this.retryAfter = init.retryAfter;
  }
}

/** 401: no token, or one that is invalid or expired. */
export class AuthenticationError extends ApiError {}
/** 403: your role, or your place in the project, does not allow it. */
export class PermissionError extends ApiError {}
/** 404: it does not exist, or you may not see it. */
export class NotFoundError extends ApiError {}
/** 409: it is not in a state for this; with `VERSION_CONFLICT` somebody changed it meanwhile. */
export class ConflictError extends ApiError {}
/** 400, 413, 415, 422: the request is at fault; `details` says where. */
export class ValidationError extends ApiError {}
/** 429: too many requests; `retryAfter` says how long to wait. */
export class RateLimitError extends ApiError {}
/** 5xx: the server is at fault, overloaded, or in maintenance. */
export class ServerError extends ApiError {}

const classes: Record<number, typeof ApiError> = {
  400: ValidationError,
  401: AuthenticationError,
  403: PermissionError,
  404: NotFoundError,
  409: ConflictError,
  413: ValidationError,
  415: ValidationError,
  422: ValidationError,
  429: RateLimitError,
};

/** The error that fits a status. */
export function apiError(init: ApiErrorInit): ApiError {
  return new (classes[init.status] ?? (init.status >= 500 ? ServerError : ApiError))(init);
}

/** Whether something thrown is an error with one of these codes: `if (isApiError(error, 'TASK_NOT_FOUND')) …` */
export function isApiError(error: unknown, ...codes: ErrorCode[]): error is ApiError {
  return error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));
}
