import type { RequestListener } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { accountOf } from '../common/permissions.js';
import { networkOf } from '../common/network.js';
import type { ActorRequest } from '../http/request.js';
import type { UnreadResponses } from './unread-responses.js';

/** Bounds the responses that wait for clients which do not read them. It must be installed before all other hooks. */
export function boundResponses(server: FastifyInstance, responses: UnreadResponses): void {
  takeInTurn(server, responses);
  server.addHook('onRequest', (request: ActorRequest, reply, done) => {
    responses.watch(reply.raw, () => (request.user ? accountOf(request.user) : networkOf(request.ip)));
    done();
  });
}

/** Queues the requests of a connection in front of the router, where a waiting request costs no more than to be read. */
function takeInTurn({ server }: FastifyInstance, responses: UnreadResponses): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) =>
    responses.inTurn(request.socket, response, () => {
      for (const listener of listeners) listener.call(server, request, response);
    }),
  );
}
