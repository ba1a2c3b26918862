import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { envelopeSchema, errorEnvelopeSchema } from './envelope.js';
import { errorTable, type ErrorCode } from './errors.js';
import type { Permission } from './permissions.js';

/** Who may call a route: anybody, or a signed-in user whose role has the permission. */
export type Access = 'public' | Permission;

export const ACCESS = 'millrace:access';
/** Where the OpenAPI document says what a route asks of the role. */
export const ACCESS_EXTENSION = 'x-access';
export const MACHINE_TOKEN = 'millrace:machine-token';
export const SHOWS_SECRET = 'millrace:shows-secret';

/** What any route can answer. */
const everywhere: readonly ErrorCode[] = [
  'MALFORMED_REQUEST',
  'RATE_LIMIT_EXCEEDED',
  'INTERNAL_ERROR',
  'DATABASE_ERROR',
  'SYSTEM_OVERLOADED',
];
const signedIn: readonly ErrorCode[] = [
  'AUTH_TOKEN_MISSING',
  'AUTH_TOKEN_INVALID',
  'AUTH_ACCOUNT_DISABLED',
  'AUTH_INSUFFICIENT_PERMISSIONS',
];
/** One code a kind of fault; a route that takes anything can answer all of them. */
const validation: readonly ErrorCode[] = [
  'VALIDATION_REQUIRED_FIELD',
  'VALIDATION_INVALID_FORMAT',
  'VALIDATION_VALUE_TOO_LONG',
  'VALIDATION_VALUE_TOO_SHORT',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
];

export interface EndpointOptions {
  access: Access;
  summary: string;
  description?: string;
  /** HTTP status of success; 200 unless said. */
  status?: number;
  /** The shape of `data` in the envelope. */
  response?: z.ZodType;
  /** A shape for other statuses of success, such as 202. */
  alternatives?: Record<number, z.ZodType>;
  /** The codes this route can answer beyond those every route can. */
  errors?: readonly ErrorCode[];
  /** True when the answer shows a secret this once: it is not kept for an Idempotency-Key. */
  showsSecret?: boolean;
  /** The setting that holds a token for machines, which opens this route like the permission does. */
  machineToken?: 'METRICS_TOKEN';
  /** The media type of an answer that is not in the envelope. */
  raw?: string;
}

/**
 * Declares a route: who may call it, and what it takes and gives for the OpenAPI document. A route without it is refused
 * at start.
 */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const { access, status = 200 } = options;
  const errors = new Set<ErrorCode>([...(options.errors ?? []), ...everywhere]);
  if (errors.has('VALIDATION_ERROR')) for (const code of validation) errors.add(code);
  if (access !== 'public') for (const code of signedIn) errors.add(code);
  if (access === 'write' || access === 'execute') errors.add('SYSTEM_MAINTENANCE');
  const byStatus = groupByStatus(errors);
  const successes: Record<number, z.ZodType> = {
    ...options.alternatives,
    ...(options.response ? { [status]: options.response } : {}),
  };
  return applyDecorators(
    SetMetadata(ACCESS, access),
    SetMetadata(MACHINE_TOKEN, options.machineToken),
    SetMetadata(SHOWS_SECRET, options.showsSecret ?? false),
    HttpCode(status),
    ApiOperation({ summary: options.summary, description: options.description ?? '' }),
    ...(access === 'public' ? [] : [ApiBearerAuth(), ApiExtension(ACCESS_EXTENSION, access)]),
    ...Object.entries(successes)
      .filter(([code]) => !byStatus.has(Number(code)))
      .map(([code, schema]) =>
        ApiResponse({
          status: Number(code),
          description: options.summary,
          standardSchema: envelopeSchema(schema),
        }),
      ),
    ...(options.raw === undefined
      ? []
      : [ApiResponse({ status, description: options.summary, content: { [options.raw]: {} } })]),
    ...[...byStatus].map(([code, codes]) =>
      ApiResponse({
        status: code,
        description: codes.join(', '),
        standardSchema: withErrors(successes[code]),
      }),
    ),
  );
}

/** An error, or what else is answered with its status: an unhealthy report is a 503 too. */
function withErrors(alternative: z.ZodType | undefined): z.ZodType {
  return alternative ? z.union([envelopeSchema(alternative), errorEnvelopeSchema]) : errorEnvelopeSchema;
}

function groupByStatus(codes: Iterable<ErrorCode>): Map<number, ErrorCode[]> {
  const groups = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorTable[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}
