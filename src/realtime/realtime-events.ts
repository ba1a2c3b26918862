import { Injectable, type OnApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Coalesced } from '../common/coalesced.js';
import { Bus } from '../infra/bus.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { AccessWatch } from './access-watch.js';
import { EventRouter } from './event-router.js';
import { message } from './server-message.js';
import { PerformanceMeter } from './performance-meter.js';
import { Subscribers } from './subscribers.js';
import { keys } from './subscription.js';

const performanceMs = 5_000;

/** Passes the application's events to the subscribers, while the application runs. */
@Injectable()
export class RealtimeEvents implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly releases: (() => unknown)[] = [];

  constructor(
    private readonly events: Events,
    private readonly bus: Bus,
    private readonly router: EventRouter,
    private readonly watch: AccessWatch,
    private readonly meter: PerformanceMeter,
    private readonly subscribers: Subscribers,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    const { events, router, watch } = this;
    const resync = new Coalesced(() => router.afterwards(() => watch.recheckAll()));
    const timer = setInterval(() => void this.measure(), performanceMs);
    this.releases.push(
      () => clearInterval(timer),
      events.on('activity.recorded', (event) => router.activity(event)),
      events.on('execution.changed', (event) => router.execution(event)),
      events.on('notification', (event) => router.notification(event)),
      events.on('project.changed', ({ project_id }) =>
        router.afterwards(() => watch.projectChanged(project_id)),
      ),
      events.on('user.changed', ({ user_id }) => router.afterwards(() => watch.userChanged(user_id))),
      this.bus.onOutage(() => resync.request()),
    );
  }

  onApplicationShutdown(): void {
    for (const release of this.releases) release();
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
