import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { envelopeSchema } from './envelope.js';
import type { ErrorCode } from '../common/errors.js';
import { bodyLimits } from '../common/body-limits.js';
import type { Permission } from '../common/permissions.js';

/** Who may call a route: anybody, or a signed-in user whose role has the permission. */
export type Access = 'public' | Permission;

export const ACCESS = 'millrace:access';
/** The OpenAPI extension with the permission that a route needs. */
export const ACCESS_EXTENSION = 'x-access';
export const SHOWS_SECRET = 'millrace:shows-secret';
export const LOCATION = 'millrace:location';

/** The declarations of a route that the HTTP server uses before it reads the body of a request. */
export interface RouteRules {
  access: Access;
  machineToken: 'METRICS_TOKEN' | undefined;
  bodyLimit: number;
  /** Whether a body of several parts is taken, too. */
  takesFile: boolean;
  /** Whether a body of any media type is taken as it is, instead of JSON. */
  takesRaw: boolean;
  waits: boolean;
  /** The part of the path whose value opens the route. */
  urlToken: string | undefined;
  /** Whether the handler writes the response itself, so that none can be kept for an Idempotency-Key. */
  isRaw: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Absent on routes that no controller declares, such as the documentation. */
    rules?: RouteRules;
  }
}

export interface EndpointOptions {
  access: Access;
  /** The route's heading in the documentation: a few words. */
  summary: string;
  /** Further documentation for callers. */
  description: string;
  /** The HTTP status of success; 200 by default. */
  status?: number;
  /** The shape of `data` in the envelope. */
  response?: z.ZodType;
  /** The shapes of `data` for other statuses of success, such as 202. */
  alternatives?: Record<number, z.ZodType>;
  /** What responses without content mean, by their status. */
  empty?: Record<number, string>;
  /** The error codes of this route, besides those that follow from its parameters and access. */
  errors?: readonly ErrorCode[];
  /** True when the response shows a secret, so that it must not be stored for an Idempotency-Key. */
  showsSecret?: boolean;
  /** The setting with a token for machines that permits this route, like the permission does. */
  machineToken?: 'METRICS_TOKEN';
  /**
   * `large` takes bodies of up to 10 MiB instead of 2, `file` also `multipart/form-data` with a file (RFC 7578), `raw` a file of up to 50 MiB
   * as a `RawBody`.
   */
  body?: 'large' | 'file' | 'raw';
  /** The media types of a raw body, as OpenAPI describes them. */
  rawBody?: Record<string, object>;
  /** The part of the path of a public route with the token that opens it: without a known one no body is read. */
  urlToken?: string;
  /** True when the response mostly waits for something else than the database, such as the end of a run: `RequestTurns` exempts it. */
  waits?: boolean;
  /** The path of the created resource for the `Location` header, with fields of the response in braces. */
  location?: string;
  /** The media types of a response without the envelope, as OpenAPI describes them. */
  raw?: Record<string, object>;
  /** The media types of a partial response without the envelope, for a `Range` header (206, RFC 9110 §14). */
  partial?: Record<string, object>;
}

/**
 * Declares a route: its access, and its requests and responses for the OpenAPI document. The server does not start with a route that
 * lacks it.
 */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const { access, status = 200, location, raw, partial } = options;
  if (status === 201 && location === undefined)
    throw new Error(`"${options.summary}" makes something: give its location`);
  const { urlToken } = options;
  const bodyLimit = urlToken
    ? bodyLimits.signedIn
    : bodyLimits[access === 'public' ? 'anonymous' : (options.body ?? 'signedIn')];
  const rules: RouteRules = {
    access,
    machineToken: options.machineToken,
    bodyLimit,
    takesFile: options.body === 'file',
    takesRaw: options.body === 'raw',
    waits: options.waits ?? false,
    urlToken,
    isRaw: raw !== undefined,
  };
  const successes: Record<number, z.ZodType> = {
    ...options.alternatives,
    ...(options.response ? { [status]: options.response } : {}),
  };
  return applyDecorators(
    SetMetadata(ACCESS, access),
    RouteConfig({ rules }),
    SetMetadata(SHOWS_SECRET, options.showsSecret ?? false),
    SetMetadata(LOCATION, location),
    HttpCode(status),
    ApiOperation({ summary: options.summary, description: options.description }),
    ApiExtension('x-errors', [...(options.errors ?? [])]),
    ...(location === undefined ? [] : [ApiExtension('x-location', location)]),
    ...(rules.takesFile ? [ApiExtension('x-takes-file', true)] : []),
    ...(options.rawBody === undefined ? [] : [ApiExtension('x-raw-body', options.rawBody)]),
    ...(access === 'public' ? [] : [ApiExtension(ACCESS_EXTENSION, access)]),
    ...Object.entries(successes).map(([code, schema]) =>
      ApiResponse({
        status: Number(code),
        description: options.summary,
        standardSchema: envelopeSchema(schema),
      }),
    ),
    ...Object.entries(options.empty ?? {}).map(([code, meaning]) =>
      ApiResponse({ status: Number(code), description: meaning }),
    ),
    ...(raw === undefined ? [] : [ApiResponse({ status, description: options.summary, content: raw })]),
    ...(partial === undefined
      ? []
      : [ApiResponse({ status: 206, description: 'The requested range', content: partial })]),
  );
}
