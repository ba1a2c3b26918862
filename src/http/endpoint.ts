import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { envelopeSchema } from './envelope.js';
import type { ErrorCode } from '../common/errors.js';
import { bodyLimits } from '../common/limits.js';
import type { Permission } from '../common/permissions.js';

/** Who may call a route: anybody, or a signed-in user whose role has the permission. */
export type Access = 'public' | Permission;

export const ACCESS = 'millrace:access';
/** Where the OpenAPI document says what a route asks of the role. */
export const ACCESS_EXTENSION = 'x-access';
export const SHOWS_SECRET = 'millrace:shows-secret';
export const LOCATION = 'millrace:location';

/** What the HTTP server knows of a route before it reads the body of a request. */
export interface RouteRules {
  access: Access;
  machineToken: 'METRICS_TOKEN' | undefined;
  bodyLimit: number;
  waits: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Absent on routes that no controller declares, such as the documentation. */
    rules?: RouteRules;
  }
}

export interface EndpointOptions {
  access: Access;
  /** A few words, as a heading. */
  summary: string;
  /** What a caller has to know beyond that. */
  description: string;
  /** HTTP status of success; 200 unless said. */
  status?: number;
  /** The shape of `data` in the envelope. */
  response?: z.ZodType;
  /** A shape for other statuses of success, such as 202. */
  alternatives?: Record<number, z.ZodType>;
  /** The codes this route can answer beyond those that follow from what it takes and who may call it. */
  errors?: readonly ErrorCode[];
  /** True when the answer shows a secret this once: it is not kept for an Idempotency-Key. */
  showsSecret?: boolean;
  /** The setting that holds a token for machines, which opens this route like the permission does. */
  machineToken?: 'METRICS_TOKEN';
  /** `large` takes bodies of up to 10 MiB instead of 2. */
  body?: 'large';
  /** True when the answer waits for something else than the database, such as the end of a run: it takes no turn of its user. */
  waits?: boolean;
  /** The path of what the route makes, with fields of its answer in braces: the `Location` header. */
  location?: string;
  /** An answer that is not in the envelope: its media types, as OpenAPI describes them. */
  raw?: Record<string, object>;
  /** Such an answer for a `Range` header (RFC 9110 §14): a part of it, with 206. */
  partial?: Record<string, object>;
}

/**
 * Declares a route: who may call it, and what it takes and gives for the OpenAPI document. A route without it is refused
 * at start.
 */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const { access, status = 200, location, raw, partial } = options;
  if (status === 201 && location === undefined)
    throw new Error(`"${options.summary}" makes something: give its location`);
  const bodyLimit = bodyLimits[access === 'public' ? 'anonymous' : (options.body ?? 'signedIn')];
  const rules: RouteRules = {
    access,
    machineToken: options.machineToken,
    bodyLimit,
    waits: options.waits ?? false,
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
    ...(access === 'public' ? [] : [ApiExtension(ACCESS_EXTENSION, access)]),
    ...Object.entries(successes).map(([code, schema]) =>
      ApiResponse({
        status: Number(code),
        description: options.summary,
        standardSchema: envelopeSchema(schema),
      }),
    ),
    ...(raw === undefined ? [] : [ApiResponse({ status, description: options.summary, content: raw })]),
    ...(raw === undefined || !('text/event-stream' in raw)
      ? []
      : [ApiResponse({ status: 204, description: 'The end of the events was seen already' })]),
    ...(partial === undefined
      ? []
      : [ApiResponse({ status: 206, description: 'The range that was asked for', content: partial })]),
  );
}
