import type { Server } from 'node:http';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Bus } from '../infra/bus.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { AccessWatch } from './access-watch.js';
import { EventRouter } from './event-router.js';
import { Hub } from './hub.js';
import { message } from './message.js';
import { PerformanceMeter } from './performance-meter.js';
import { SocketIoTransport } from './socket-io-transport.js';
import { Subscribers } from './subscribers.js';
import { keys } from './subscription.js';
import { WebSocketTransport } from './websocket-transport.js';

const performanceMs = 5_000;

/** Attaches both transports to the HTTP server and the hub to the events, and takes them off again. */
@Injectable()
export class RealtimeGateway implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly releases: (() => unknown)[] = [];

  constructor(
    private readonly adapter: HttpAdapterHost,
    private readonly events: Events,
    private readonly bus: Bus,
    private readonly hub: Hub,
    private readonly router: EventRouter,
    private readonly watch: AccessWatch,
    private readonly meter: PerformanceMeter,
    private readonly subscribers: Subscribers,
    private readonly webSocket: WebSocketTransport,
    private readonly socketIo: SocketIoTransport,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    this.listen();
    const timer = setInterval(() => void this.measure(), performanceMs);
    this.releases.push(() => clearInterval(timer));
    const http = this.adapter.httpAdapter.getHttpServer() as Server;
    this.webSocket.attach(http);
    this.socketIo.attach(http);
  }

  /** Before the HTTP server is closed, which waits for its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const release of this.releases) release();
    this.webSocket.stop();
    await this.hub.closeAll();
    this.socketIo.stop();
  }

  private listen(): void {
    const { events, router, watch } = this;
    this.releases.push(
      events.on('activity.recorded', (event) => router.activity(event)),
      events.on('execution.changed', (event) => router.execution(event)),
      events.on('notification', (event) => router.notification(event)),
      events.on('project.changed', ({ project_id }) =>
        router.afterwards(() => watch.projectChanged(project_id)),
      ),
      events.on('user.changed', ({ user_id }) => router.afterwards(() => watch.userChanged(user_id))),
      this.bus.onInterrupted(() => void router.afterwards(() => watch.everythingMayHaveChanged())),
    );
  }

  private async measure(): Promise<void> {
    this.meter.tick();
    if (!this.subscribers.has(keys.performance)) return;
    try {
      const figures = message('performance_data', await this.meter.read());
      for (const connection of this.subscribers.of(keys.performance)) connection.send(figures);
    } catch (error) {
      this.infrastructure.logger.warn({ err: error }, 'the queues could not be measured');
    }
  }
}
