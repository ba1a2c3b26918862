import type { ErrorEnvelope } from '../generated/types.js';

/** The error codes of the API. */
export type ErrorCode = ErrorEnvelope['error']['code'];

/** The base class of all errors of this SDK. */
export class MillraceError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Thrown when there was no response: the server cannot be reached, the connection broke, or the request timed out. */
export class ConnectionError extends MillraceError {}

/** Thrown when there was no response within `timeout`. */
export class TimeoutError extends ConnectionError {}

/** The error in a response. */
export interface ApiErrorInit {
  status: number;
  code: ErrorCode;
  message: string;
  /** Details with the names of the API; for validation errors `field`, `issue` and `issues`. */
  details: Record<string, unknown>;
  requestId?: string | undefined;
  /** The number of seconds to wait before the next attempt. */
  retryAfter?: number | undefined;
}

/** An error response of Millrace. Its `code` identifies the error, and its class the kind of error. */
export class ApiError extends MillraceError {
  readonly status: number;
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;
  /** The id of the request, which is also in the log of the server. */
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

/** 401: the token is missing, invalid or expired. */
export class AuthenticationError extends ApiError {}
/** 403: your role, in general or in the project, does not allow it. */
export class PermissionError extends ApiError {}
/** 404: the resource does not exist, or you may not see it. */
export class NotFoundError extends ApiError {}
/** 409: the state of the resource does not allow it; with `VERSION_CONFLICT`, it was changed concurrently. */
export class ConflictError extends ApiError {}
/** 400, 413, 415, 422: the request is invalid; see `details`. */
export class ValidationError extends ApiError {}
/** 429: too many requests; wait for `retryAfter` seconds. */
export class RateLimitError extends ApiError {}
/** 5xx: the server has failed, is overloaded or in maintenance. */
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

/** Creates the error for a status. */
export function apiError(init: ApiErrorInit): ApiError {
  return new (classes[init.status] ?? (init.status >= 500 ? ServerError : ApiError))(init);
}

/** Whether a caught value is an API error with one of these codes: `if (isApiError(error, 'TASK_NOT_FOUND')) …` */
export function isApiError(error: unknown, ...codes: ErrorCode[]): error is ApiError {
  return error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));
}
