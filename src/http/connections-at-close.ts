import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { shuttingDown } from './error-filter.js';

/** The time that responses in progress have to finish when the server closes. */
const shutdownGraceMs = 3_000;

/**
 * Closes connections that have sent nothing when the server closes. Browsers and fetch open connections ahead of need, and Node would
 * wait for them: `closeIdleConnections` does not count them as idle.
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

/** Refuses requests while the server closes, since kept-alive connections still send some. */
export function refuseWhileClosing(server: FastifyInstance): void {
  let isClosing = false;
  server.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  server.addHook('onRequest', (_request, _reply, done) => done(isClosing ? shuttingDown() : undefined));
}

/** Closes all connections after a grace period, since a client that does not read its response would block the shutdown for ever. */
export function cutOffAtClose(server: FastifyInstance): void {
  server.addHook('preClose', (done) => {
    setTimeout(() => server.server.closeAllConnections(), shutdownGraceMs).unref();
    done();
  });
}
