import { statfs } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { formatBytes } from '../../common/bytes.js';
import { Database, type Queryable } from '../../infra/database.js';
import { Infrastructure } from '../../infra/infrastructure.js';
import { mostExamples, type Check, type Finding } from './check.js';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
/** Postgres refuses writes on a full disk, and a run can write this much in seconds. */
const criticalBytes = 256 * mebibyte;
const lowBytes = gibibyte;
/** Leases and claims are measured by the clock of Postgres, tokens by that of this process. */
const mostSecondsApart = 1;
const criticalSecondsApart = 30;

/** Checks of this process and its surroundings. */
@Injectable()
export class HostChecks {
  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  get all(): Check[] {
    return [
      { name: 'migrations', examine: (db) => this.examineMigrations(db) },
      { name: 'clock', examine: (db) => examineClock(db) },
      { name: 'disk', examine: () => this.examineDisk() },
    ];
  }

  private async examineMigrations(db: Queryable): Promise<Finding> {
    const { pending, unknown } = await this.database.compareMigrations(db);
    if (pending.length > 0)
      return {
        status: 'error',
        message: `The schema of the database is older than this version: restart Millrace, which migrates it (${pending.length} pending)`,
        details: { pending: pending.slice(0, mostExamples), unknown: unknown.slice(0, mostExamples) },
      };
    if (unknown.length > 0)
      return {
        status: 'warning',
        message: `A newer version of Millrace has migrated this database: run that version (${unknown.length} unknown)`,
        details: { unknown: unknown.slice(0, mostExamples) },
      };
    return { status: 'ok', message: 'The schema of the database is that of this version' };
  }

  private async examineDisk(): Promise<Finding> {
    const { DATA_DIR } = this.infrastructure.config;
    const { bavail, blocks, bsize } = await statfs(DATA_DIR);
    const free = bavail * bsize;
    const details = { folder: DATA_DIR, free_bytes: free, total_bytes: blocks * bsize };
    const message = `${formatBytes(free)} of ${formatBytes(blocks * bsize)} are free in DATA_DIR`;
    if (free < criticalBytes)
      return { status: 'error', message: `${message}: make room, or writes will fail`, details };
    if (free < lowBytes) return { status: 'warning', message: `${message}: make room soon`, details };
    return { status: 'ok', message, details };
  }
}

async function examineClock(db: Queryable): Promise<Finding> {
  const before = Date.now();
  const [row] = await db.query<{ ms: number }>(
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms',
  );
  const after = Date.now();
  // Postgres looked at its clock at some moment in between
  const apart = Math.max(0, before - row!.ms, row!.ms - after) / 1000;
  const seconds = Number(apart.toFixed(3));
  const details = { seconds };
  if (apart <= mostSecondsApart)
    return { status: 'ok', message: 'The clocks of this process and of Postgres agree', details };
  return {
    status: apart > criticalSecondsApart ? 'error' : 'warning',
    message: `The clock of Postgres is ${seconds} s ${row!.ms > after ? 'ahead of' : 'behind'} that of this process: let both hosts keep their time by NTP`,
    details,
  };
}
