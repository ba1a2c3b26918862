import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Shared } from '../common/shared.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { VitalConnections } from '../infra/reserved-connections.js';
import type { Readiness } from './health.schema.js';

/** The time after which a part that does not respond counts as failing, since orchestrators expect an answer within seconds. */
const timeoutMs = 2_000;

/** Tells whether this process is ready for requests. */
@Injectable()
export class ReadinessService {
  /** The pending migrations, looked up once for concurrent probes, since probes are not rate-limited. */
  private readonly migrations = new Shared(() => this.database.pendingMigrations(this.connections));

  constructor(
    private readonly database: Database,
    private readonly connections: VitalConnections,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** Checks every part that requests need, within 2 s. */
  async check(): Promise<Readiness> {
    const [pending, redis] = await Promise.all([
      answerOf(this.migrations.ask()),
      this.infrastructure.redis ? answerOf(this.infrastructure.redis.ping()) : 'disabled',
    ]);
    const reasons: Readiness['reasons'] = [];
    if (this.infrastructure.draining) reasons.push('draining');
    if (pending === undefined) reasons.push('database');
    if (pending !== undefined && pending.length > 0) reasons.push('migrations');
    if (redis === undefined) reasons.push('redis');
    if (!this.infrastructure.bus.connected) reasons.push('bus');
    if (!this.infrastructure.canRun()) reasons.push('launcher');
    const status = reasons.length === 0 ? 'ready' : 'not_ready';
    return { status, reasons, timestamp: new Date().toISOString() };
  }
}

/** The answer of a part, or undefined when it fails or times out. */
async function answerOf<T>(asked: Promise<T>): Promise<T | undefined> {
  const timeout = delay(timeoutMs, undefined, { ref: false });
  return Promise.race([asked.catch(() => undefined), timeout]);
}
