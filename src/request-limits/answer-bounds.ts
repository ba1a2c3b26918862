import type { FastifyInstance } from 'fastify';
import { networkOf } from '../common/network.js';
import type { ActorRequest } from '../http/request.js';
import type { UnreadAnswers } from './unread-answers.js';

/** Bounds what waits for clients that do not read their answers; before anything else is done for a request. */
export function boundAnswers(server: FastifyInstance, answers: UnreadAnswers): void {
  server.addHook('onRequest', (request: ActorRequest, reply, done) => {
    answers.watch(reply.raw, () => request.user?.id ?? networkOf(request.ip));
    answers.inTurn(request.raw.socket, reply.raw, done);
  });
}
