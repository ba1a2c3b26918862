import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type AppError, errorTable, type ErrorCode } from '../common/errors.js';
import { version } from '../common/version.js';

export const metaSchema = z
  .object({
    timestamp: z.iso.datetime(),
    request_id: z.string(),
    version: z.string(),
  })
  .meta({ id: 'Meta' });

export const errorEnvelopeSchema = z
  .object({
    data: z.null(),
    error: z.object({
      code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      details: z.record(z.string(), z.unknown()),
    }),
    meta: metaSchema,
  })
  .meta({ id: 'ErrorEnvelope' });

/** The envelope of a successful answer around one shape. */
export function envelopeSchema<S extends z.ZodType>(data: S) {
  return z.object({ data, error: z.null(), meta: metaSchema });
}

function meta(requestId: string) {
  return { timestamp: new Date().toISOString(), request_id: requestId, version };
}

/** The envelope of an error, as text: text passes by the hook below, which wraps everything else. */
export function errorEnvelope(error: AppError, requestId: string): string {
  const { code, message, details } = error;
  return JSON.stringify({ data: null, error: { code, message, details }, meta: meta(requestId) });
}

/** The envelope of a success, for who answers without the hook below. */
export function successEnvelope(data: unknown, requestId: string) {
  return { data, error: null, meta: meta(requestId) };
}

/** Wraps every object that a route below `/api` answers. */
export function installEnvelope(server: FastifyInstance): void {
  server.addHook('preSerialization', (request, _reply, payload, done) => {
    if (!request.url.startsWith('/api')) return done(null, payload);
    done(null, successEnvelope(payload, request.id));
  });
}
