import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import type { Readiness } from './health.schema.js';

/** Whoever asks decides within seconds, so a part that says nothing for this long counts as failing. */
const patienceMs = 2_000;

/** Says whether this process should be given work. */
@Injectable()
export class ReadinessService {
  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** Asks every part that a request needs; takes 2 s at the most. */
  async check(): Promise<Readiness> {
    const [pending, redis] = await Promise.all([
      answerOf(this.database.pendingMigrations()),
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
  const silence = delay(patienceMs, undefined, { ref: false });
  return Promise.race([asked.catch(() => undefined), silence]);
}
