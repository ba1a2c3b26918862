import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { type AppError, errorTable, type ErrorCode } from '../common/errors.js';
import { version } from '../common/version.js';
import { jsonText, type InTurn } from './json-text.js';
import type { ActorRequest } from './request.js';

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

/** The schema of a successful response's envelope. */
export function envelopeSchema<S extends z.ZodType>(data: S) {
  return z.object({ data, error: z.null(), meta: metaSchema });
}

function meta(requestId: string) {
  return { timestamp: new Date().toISOString(), request_id: requestId, version };
}

/** The envelope of an error, serialized: `installEnvelope` wraps objects and leaves text alone. */
export function errorEnvelope(error: AppError, requestId: string): string {
  const { code, message, details } = error;
  return JSON.stringify({ data: null, error: { code, message, details }, meta: meta(requestId) });
}

/** The envelope of a success, for responses that do not pass `installEnvelope`. */
export function successEnvelope(data: unknown, requestId: string) {
  return { data, error: null, meta: meta(requestId) };
}

/** Returns the queue in which large responses to the sender of a request are serialized. */
export type TurnOf = (request: ActorRequest, reply: FastifyReply) => InTurn;

/** The serializer of a payload that is serialized already. */
const serialized = (payload: string) => payload;

/** Wraps every object that a route below `/api` returns in the envelope, and serializes it. */
export function installEnvelope(server: FastifyInstance, turnOf: TurnOf): void {
  server.addHook('preSerialization', (request: ActorRequest, reply, payload, done) => {
    if (!request.url.startsWith('/api')) return done(null, payload);
    const json = jsonText(successEnvelope(payload, request.id), turnOf(request, reply));
    reply.serializer(serialized);
    if (typeof json === 'string') done(null, json);
    // oxlint-disable-next-line promise/no-callback-in-promise -- a hook with a promise of its own costs every request more
    else json.then((bytes) => done(null, bytes), done);
  });
}
