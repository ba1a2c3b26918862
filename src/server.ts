import cors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { newId } from './common/ids.js';
import { AppModule } from './app.module.js';
import { AccessGuard } from './auth/access.guard.js';
import { RequestIdentity } from './auth/request-identity.js';
import { RequestLimiter } from './auth/request-limiter.js';
import { compressAnswers } from './http/compression.js';
import type { Config } from './common/config.js';
import { errorEnvelope, installEnvelope } from './http/envelope.js';
import { ErrorFilter } from './http/error-filter.js';
import { AppError } from './common/errors.js';
import { bodyLimits } from './common/limits.js';
import { LocationInterceptor } from './http/location.interceptor.js';
import { NestLog } from './common/logger.js';
import { warnOfSharedLoopback, warnOfUnnamedProxy } from './http/proxy-warning.js';
import { RequestLog } from './http/request-log.js';
import { RequestStats } from './http/request-stats.js';
import { UnreadAnswers } from './http/unread-answers.js';
import { ValidationPipe } from './http/validation.js';
import { IdempotencyInterceptor } from './http/idempotency.interceptor.js';
import type { Infrastructure } from './infra/infrastructure.js';
import { RequestTurns } from './http/request-turns.js';
import { serveOpenApi } from './openapi.js';
import { boundAnswers } from './http/answer-bounds.js';
import { acceptBodies, limitBodies, takeTurns } from './http/body-bounds.js';
import { answerUnusual, HttpRequest, originForm, refusalOf, refuseOtherMethods } from './http/protocol.js';

const requestIdPattern = /^[A-Za-z0-9._-]{1,128}$/;

/** Builds the HTTP application; it does not listen yet. */
export async function createServer(infrastructure: Infrastructure): Promise<NestFastifyApplication> {
  const { config, logger } = infrastructure;
  const log = new RequestLog(logger, config.LOG_REQUESTS);
  const filter = new ErrorFilter(log);
  const adapter = new FastifyAdapter({
    bodyLimit: bodyLimits.anonymous,
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    // a longer one would be refused by the router, before any hook runs; Node takes 16 KiB at most
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    rewriteUrl: ({ url = '/' }) => (isReadable(url) ? originForm(url) : unreadableUrl),
    requestTimeout: 60_000,
    http: { IncomingMessage: HttpRequest, requireHostHeader: false },
    genReqId: requestId,
    // no middleware is used, and its engine would run for every request
    skipMiddie: true,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      // no hook runs for these
      log.begin(request, reply);
      filter.answer(error, request, reply);
    },
    clientErrorHandler: refuseUnreadable,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.for(infrastructure), adapter, {
    logger: new NestLog(logger),
    bodyParser: false,
    abortOnError: false,
  });
  const server = adapter.getInstance() as unknown as FastifyInstance;
  limitBodies(server);
  acceptBodies(server);
  server.server.maxConnections = config.MAX_CONNECTIONS;
  dropSilentConnections(server);
  boundAnswers(server, app.get(UnreadAnswers));
  await compressAnswers(server);
  installEnvelope(server);
  await secure(server, config);
  log.install(server, app.get(RequestStats));
  if (config.TRUST_PROXY.length === 0) warnOfUnnamedProxy(server, logger);
  if (infrastructure.role === 'all') warnOfSharedLoopback(config, logger);
  refuseOverload(server, infrastructure);
  cutOffAtClose(server);
  app.get(RequestIdentity).install(server);
  app.get(RequestLimiter).install(server);
  refuseUnreadableUrls(server);
  answerUnusual(server);
  refuseOtherMethods(server);
  app.get(AccessGuard).install(server);
  takeTurns(server);
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(filter);
  app.useGlobalInterceptors(
    app.get(RequestTurns),
    // an answer given again says where its thing is, too
    new LocationInterceptor(),
    new IdempotencyInterceptor(infrastructure.database),
  );
  serveOpenApi(app);
  return app;
}

/** The client's `X-Request-ID` if it is a plain one, else a new id. */
function requestId(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : newId();
}

/** The router would refuse a path that cannot be decoded before any hook runs: without limits, request id and security headers. */
const unreadableUrl = '/unreadable';

function isReadable(url: string): boolean {
  if (!url.includes('%')) return true;
  try {
    decodeURIComponent(url.split('?')[0]!);
    return true;
  } catch {
    return false;
  }
}

function refuseUnreadableUrls(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const unreadable = request.url === unreadableUrl && !isReadable(request.originalUrl);
    done(
      unreadable ? new AppError('MALFORMED_REQUEST', {}, { message: 'The URL cannot be read' }) : undefined,
    );
  });
}

/**
 * Browsers and fetch open connections ahead of need. Node does not count one that has sent nothing as idle, and would wait for
 * it at the end: `closeIdleConnections` leaves it alone.
 */
function dropSilentConnections(server: FastifyInstance): void {
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

/** What helmet sets is the same for every answer, so it is asked once and not for each of them. */
function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const answer = {
    setHeader: (name: string, value: string) => (headers[name] = value),
    removeHeader: () => undefined,
  };
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: true,
      // Swagger UI carries styles inline, and no script; `upgrade-insecure-requests` would break plain http on another host
      directives: {
        'script-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'upgrade-insecure-requests': null,
      },
    },
    strictTransportSecurity: false,
  });
  setHeaders({} as IncomingMessage, answer as unknown as ServerResponse, (error) => {
    if (error) throw error;
  });
  return headers;
}

async function secure(server: FastifyInstance, config: Config): Promise<void> {
  const headers = securityHeaders();
  // what is answered is for who asked, and may hold a token: no browser and no proxy is to keep it (RFC 9111 §5.2.2.5)
  const ofApi = { ...headers, 'Cache-Control': 'no-store' };
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(request.url.startsWith('/api') ? ofApi : headers);
    done();
  });
  const origins = config.CORS_ORIGINS;
  if (origins.length > 0) {
    await server.register(cors, {
      origin: origins.includes('*') ? '*' : origins,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: [
        'X-Request-ID',
        'Retry-After',
        'Location',
        'Idempotency-Replayed',
        'X-RateLimit-Limit',
        'X-RateLimit-Remaining',
        'X-RateLimit-Reset',
        'X-RateLimit-Window',
      ],
    });
  }
}

/** How long answers that are under way have when the server closes. */
const lastAnswersMs = 3_000;
/** Waiting requests hold memory: when this many wait for a database connection, more are refused at once. */
const longestLine = 200;

/** A client that does not take its answer would hold up the end for ever. */
function cutOffAtClose(server: FastifyInstance): void {
  server.addHook('preClose', (done) => {
    setTimeout(() => server.server.closeAllConnections(), lastAnswersMs).unref();
    done();
  });
}

function refuseOverload(server: FastifyInstance, infrastructure: Infrastructure): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const overloaded =
      infrastructure.database.poolState.waiting >= longestLine &&
      request.url.startsWith('/api') &&
      !/^\/api\/health\/(live|ready)\b/.test(request.url);
    done(overloaded ? new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 }) : undefined);
  });
}

const lastWordMs = 2_000;

/** Bytes that are no HTTP request get the envelope too, before the connection is closed. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusalOf(error);
  const body = errorEnvelope(refusal, newId());
  // a client that does not close its end, or does not read, must not hold the connection
  setTimeout(() => socket.destroy(), lastWordMs).unref();
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroySoon(),
  );
}
