import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { newId } from './common/ids.js';
import { AppModule } from './app.module.js';
import { AccessGuard } from './auth/access.guard.js';
import { SlowResponseInterceptor } from './auth/slow-response.interceptor.js';
import { RequestIdentity } from './auth/request-identity.js';
import { RequestNetworks } from './auth/request-networks.js';
import { RequestRateLimit } from './auth/request-rate-limit.js';
import { compressResponses } from './http/compression.js';
import { installEnvelope } from './http/envelope.js';
import { ErrorFilter } from './http/error-filter.js';
import { bodyLimits } from './common/body-limits.js';
import { LocationInterceptor } from './http/location.interceptor.js';
import { NestLog } from './common/logger.js';
import { warnOfSharedLoopback, warnOfUnnamedProxy } from './http/proxy-warning.js';
import { RequestLog } from './http/request-log.js';
import { RequestStats } from './http/request-stats.js';
import { UnreadResponses } from './request-limits/unread-responses.js';
import { ValidationPipe } from './http/validation.js';
import { IdempotencyInterceptor } from './http/idempotency.interceptor.js';
import { refuseOverload } from './request-limits/overload.js';
import { secure } from './http/security-headers.js';
import { cutOffAtClose, dropSilentConnections, refuseWhileClosing } from './http/connections-at-close.js';
import { refuseMalformedRequest, refuseMalformedUrls, routedUrl } from './http/malformed-requests.js';
import type { Infrastructure } from './infra/infrastructure.js';
import { LargeResponses } from './request-limits/large-responses.js';
import { boundConnections, headerTimeouts, mostConnections } from './request-limits/connection-bounds.js';
import { RequestTurns } from './request-limits/request-turns.js';
import { serveOpenApi } from './openapi.js';
import { RealtimeAdapter } from './realtime/realtime.adapter.js';
import { boundResponses } from './request-limits/response-bounds.js';
import { acceptBodies, limitBodies } from './request-limits/body-bounds.js';
import { maxBodyMs } from './request-limits/body-reader.js';
import { answerUnusual, HttpRequest, refuseOtherMethods } from './http/protocol.js';

const requestIdPattern = /^[A-Za-z0-9._-]{1,128}$/;

/** Builds the HTTP application; it does not listen yet. */
export async function createServer(infrastructure: Infrastructure): Promise<NestFastifyApplication> {
  const { config, logger } = infrastructure;
  const log = new RequestLog(logger, config.LOG_REQUESTS);
  const filter = new ErrorFilter(log);
  const adapter = new FastifyAdapter({
    bodyLimit: bodyLimits.anonymous,
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    // the router would refuse a longer parameter before any hook runs; Node accepts URLs of 16 KiB at most
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    rewriteUrl: ({ url = '/' }) => routedUrl(url),
    // this is for the body; `headerTimeouts` limits the time for the headers
    requestTimeout: 60_000 + maxBodyMs,
    // Fastify's response has no envelope; `refuseWhileClosing` sends one with it
    return503OnClosing: false,
    http: { IncomingMessage: HttpRequest, requireHostHeader: false, ...headerTimeouts },
    genReqId: requestId,
    // no middleware is used, and the middleware engine would run for every request
    skipMiddie: true,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      // hooks do not run for framework errors
      log.begin(request, reply);
      filter.answer(error, request, reply);
    },
    clientErrorHandler: refuseMalformedRequest,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.for(infrastructure), adapter, {
    logger: new NestLog(logger),
    bodyParser: false,
    abortOnError: false,
  });
  const server = adapter.getInstance() as unknown as FastifyInstance;
  limitBodies(server);
  acceptBodies(server);
  const networks = app.get(RequestNetworks);
  const connections = mostConnections(config.MAX_CONNECTIONS);
  if (connections < config.MAX_CONNECTIONS)
    logger.warn(
      `MAX_CONNECTIONS is ${config.MAX_CONNECTIONS}, but there are ${connections} at most, half of the files that this process may open (ulimit -n)`,
    );
  boundConnections(server.server, config, (socket) => networks.networkOnHost(socket));
  dropSilentConnections(server);
  boundResponses(server, app.get(UnreadResponses));
  await compressResponses(server);
  const largeResponses = app.get(LargeResponses);
  installEnvelope(server, (request, reply) => largeResponses.turnOf(request, reply));
  await secure(server, config);
  log.install(server, app.get(RequestStats));
  if (config.TRUST_PROXY.length === 0) warnOfUnnamedProxy(server, logger);
  if (infrastructure.role === 'all') warnOfSharedLoopback(config, logger);
  refuseOverload(server, infrastructure);
  refuseWhileClosing(server);
  cutOffAtClose(server);
  app.get(RequestIdentity).install(server);
  app.get(RequestRateLimit).install(server);
  refuseMalformedUrls(server);
  answerUnusual(server);
  refuseOtherMethods(server);
  app.get(AccessGuard).install(server);
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(filter);
  app.useGlobalInterceptors(
    // outside the idempotency interceptor, so that a withheld response is stored for a request that is repeated after a new sign-in
    app.get(SlowResponseInterceptor),
    app.get(RequestTurns),
    // outside the idempotency interceptor, so that repeated responses have a Location header, too
    new LocationInterceptor(),
    new IdempotencyInterceptor(infrastructure.database),
  );
  app.useWebSocketAdapter(app.get(RealtimeAdapter));
  serveOpenApi(app);
  return app;
}

/** Returns the client's `X-Request-ID` if it is valid, else a new id. */
function requestId(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : newId();
}
