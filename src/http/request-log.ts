import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AppError, ErrorCode } from '../common/errors.js';
import type { Logger } from '../common/logger.js';
import { httpRequests } from '../common/metrics.js';
import { isInternal } from './internal-requests.js';
import { RefusalLines } from './refusal-lines.js';
import type { ActorRequest } from './request.js';
import type { RequestStats } from './request-stats.js';

/** The requests that are logged: all, those answered with an error, or only faults of the server. */
export type LoggedRequests = 'all' | 'failed' | 'none';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Paths that monitoring requests every few seconds. */
const probes = /^\/(api\/health|metrics)/;
const longestPath = 200;
/** The error codes with which a flood of requests is answered. */
const refusals: readonly string[] = ['RATE_LIMIT_EXCEEDED', 'SYSTEM_OVERLOADED'] satisfies ErrorCode[];

/** Sets the request id of every response, and records each request in the metrics and in one log line. */
export class RequestLog {
  private readonly faults = new WeakMap<FastifyRequest, AppError>();

  private readonly refusalLines: RefusalLines;

  constructor(
    private readonly logger: Logger,
    private readonly logged: LoggedRequests,
  ) {
    this.refusalLines = new RefusalLines(logger);
  }

  /** @param stats counts the requests of the last minute */
  install(server: FastifyInstance, stats: RequestStats): void {
    server.addHook('onRequest', (request, reply, done) => {
      this.begin(request, reply, stats);
      done();
    });
  }

  /** Records the error of a request for its log line. */
  failed(request: FastifyRequest, error: AppError): void {
    this.faults.set(request, error);
  }

  begin(request: FastifyRequest, reply: FastifyReply, stats?: RequestStats): void {
    const begun = performance.now();
    void reply.header('X-Request-ID', request.id);
    // 'close' is also emitted when the client disconnects, unlike 'finish'.
    reply.raw.once('close', () => {
      const elapsed = performance.now() - begun;
      const { statusCode } = reply;
      if (!isInternal(request)) stats?.count(statusCode, elapsed);
      const route = request.routeOptions?.url ?? 'unmatched';
      const method = methods.has(request.method) ? request.method : 'other';
      const status = `${Math.floor(statusCode / 100)}xx`;
      httpRequests.observe({ method, route, status }, elapsed / 1000);
      this.write(request, reply, elapsed);
    });
  }

  private write(request: ActorRequest, reply: FastifyReply, elapsed: number): void {
    const fault = this.faults.get(request);
    const level = this.levelOf(request, reply.statusCode, fault);
    if (level === undefined) return;
    if (fault && refusals.includes(fault.code) && !this.refusalLines.take()) return;
    this.logger[level](
      {
        request_id: request.id,
        user_id: request.user?.id,
        method: request.method,
        route: request.routeOptions?.url,
        path: pathOf(request),
        status: reply.statusCode,
        duration_ms: Math.round(elapsed * 100) / 100,
        ...(reply.raw.writableFinished || isInternal(request) ? {} : { aborted: true }),
        ...(fault ? { code: fault.code, err: fault.cause } : {}),
      },
      // that of an unknown path repeats it
      request.routeOptions?.url === undefined
        ? 'no route was found'
        : (fault?.message ?? 'a request was answered'),
    );
  }

  private levelOf(request: FastifyRequest, status: number, fault: AppError | undefined) {
    if (fault && (fault.level === 'warn' || fault.level === 'error')) return fault.level;
    if (this.logged === 'none' || (this.logged === 'failed' && status < 400)) return undefined;
    const isMinor = isInternal(request) || (status < 400 && probes.test(request.url));
    return isMinor ? 'debug' : 'info';
  }
}

/** The path of a request without its query, which may contain private data, and without a token that opens its route. */
function pathOf({ url, routeOptions }: FastifyRequest): string | undefined {
  if (routeOptions?.config?.rules?.urlToken) return routeOptions.url;
  return decoded(url.split('?')[0]!).slice(0, longestPath);
}

/** Decodes a path, so that a token in it looks like one: the logger leaves it out. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path.replaceAll(/%[0-9a-f]{2}/gi, '%');
  }
}
