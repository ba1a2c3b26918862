import type { RequestListener } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { networkOf } from '../common/network.js';
import type { ActorRequest } from '../http/request.js';
import type { UnreadResponses } from './unread-responses.js';

/** Bounds what waits for clients that do not read their answers; before anything else is done for a request. */
export function boundResponses(server: FastifyInstance, answers: UnreadResponses): void {
  takeInTurn(server, answers);
  server.addHook('onRequest', (request: ActorRequest, reply, done) => {
    answers.watch(reply.raw, () => request.user?.id ?? networkOf(request.ip));
    done();
  });
}

/** In front of the router: a request that waits for its turn, and may never get it, costs no more than to be read. */
function takeInTurn({ server }: FastifyInstance, answers: UnreadResponses): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) =>
    answers.inTurn(request.socket, response, () => {
      for (const listener of listeners) listener.call(server, request, response);
    }),
  );
}
