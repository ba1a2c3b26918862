import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { shuttingDown } from './error-filter.js';

/** How long answers that are under way have when the server closes. */
const lastAnswersMs = 3_000;

/**
 * Browsers and fetch open connections ahead of need. Node does not count one that has sent nothing as idle, and would wait for
 * it at the end: `closeIdleConnections` leaves it alone.
 */
export function dropSilentConnections(server: FastifyInstance): void {
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.addHook('preClose', (done) => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
}

/** A connection that is kept alive brings requests until it is closed. */
export function refuseWhileClosing(server: FastifyInstance): void {
  let isClosing = false;
  server.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  server.addHook('onRequest', (_request, _reply, done) => done(isClosing ? shuttingDown() : undefined));
}

/** A client that does not take its answer would hold up the end for ever. */
export function cutOffAtClose(server: FastifyInstance): void {
  server.addHook('preClose', (done) => {
    setTimeout(() => server.server.closeAllConnections(), lastAnswersMs).unref();
    done();
  });
}
