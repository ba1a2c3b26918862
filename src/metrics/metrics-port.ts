import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { errorEnvelope, successEnvelope } from '../http/envelope.js';
import { AppError } from '../common/errors.js';
import { listenOnBothLoopbacks } from '../http/loopback.js';
import { isBearer } from '../http/machine-token.js';
import { ReadinessService } from '../health/readiness.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { MetricsService } from './metrics.service.js';

/**
 * A separate port for monitoring, if `METRICS_PORT` is set: workers serve no HTTP otherwise. It serves only `/metrics` and the two
 * probes below `/api/health/`.
 */
@Injectable()
export class MetricsPort implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;
  private other: NetServer | undefined;

  constructor(
    private readonly metrics: MetricsService,
    private readonly readiness: ReadinessService,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** @throws when the port is taken */
  async onApplicationBootstrap(): Promise<void> {
    const { METRICS_PORT, METRICS_HOST } = this.infrastructure.config;
    if (METRICS_PORT === undefined) return;
    const server = createServer((request, response) => void this.answer(request, response));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(METRICS_PORT, METRICS_HOST, resolve);
    });
    this.other = await listenOnBothLoopbacks(server);
  }

  onApplicationShutdown(): void {
    this.other?.close();
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = newId();
    const send = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'Content-Type': type, 'X-Request-ID': id }).end(body);
    const envelope = (status: number, data: unknown) =>
      send(status, json, JSON.stringify(successEnvelope(data, id)));
    try {
      const path = request.url?.split('?')[0]?.replace(/(.)\/$/, '$1');
      if (request.method !== 'GET') throw new AppError('RESOURCE_NOT_FOUND');
      if (path === '/metrics') {
        this.admit(request);
        send(200, this.metrics.contentType, await this.metrics.exposition());
      } else if (path === '/api/health/live') {
        envelope(200, { status: 'alive', timestamp: new Date().toISOString() });
      } else if (path === '/api/health/ready') {
        const readiness = await this.readiness.check();
        envelope(readiness.status === 'ready' ? 200 : 503, readiness);
      } else throw new AppError('RESOURCE_NOT_FOUND');
    } catch (thrown) {
      const error =
        thrown instanceof AppError ? thrown : new AppError('INTERNAL_ERROR', {}, { cause: thrown });
      this.infrastructure.logger[error.level]({ code: error.code, err: error.cause }, error.message);
      send(error.status, json, errorEnvelope(error, id));
    }
  }

  /** Checks the token. Without METRICS_TOKEN the port is on a loopback address, and open to this host. */
  private admit({ headers }: IncomingMessage): void {
    const { METRICS_TOKEN } = this.infrastructure.config;
    if (METRICS_TOKEN === undefined) return;
    if (headers.authorization === undefined) throw new AppError('AUTH_TOKEN_MISSING');
    if (!isBearer(headers.authorization, METRICS_TOKEN)) throw new AppError('AUTH_TOKEN_INVALID');
  }
}

const json = 'application/json; charset=utf-8';
