import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Shared } from '../common/shared.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { VitalConnections } from '../infra/reserved-connections.js';
import type { Readiness } from './health.schema.js';

/** Whoever asks decides within seconds, so a part that says nothing for this long counts as failing. */
const timeoutMs = 2_000;

/** Says whether this process should be given work. */
@Injectable()
export class ReadinessService {
  /** Everybody may ask as often as they like, so all who ask at once share an answer. */
  private readonly migrations = new Shared(() => this.database.pendingMigrations(this.connections));

  constructor(
    private readonly database: Database,
    private readonly connections: VitalConnections,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** Asks every part that a request needs; takes 2 s at the most. */
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

/** What a part answers, or undefined when it fails or stays silent. */
async function answerOf<T>(asked: Promise<T>): Promise<T | undefined> {
  const silence = delay(timeoutMs, undefined, { ref: false });
  return Promise.race([asked.catch(() => undefined), silence]);
}
