import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../../activity/activity-log.js';
import { AppError } from '../../common/errors.js';
import type { Actor } from '../../common/permissions.js';
import { Database, type ConnectionPool, type Queryable } from '../../infra/database.js';
import { Infrastructure } from '../../infra/infrastructure.js';
import { separateConnection } from '../../infra/separate-connection.js';
import type { Check, Finding, Mending } from './check.js';
import { checkNames, type DoctorCheck, type DoctorFix, type DoctorReport } from './doctor.schema.js';
import { HostChecks } from './host-checks.js';
import { keptSumChecks } from './kept-sum-checks.js';
import { files, orphans } from './orphan-checks.js';
import { RunChecks } from './run-checks.js';
import { taskChecks } from './task-checks.js';

/** The key of the advisory lock: one doctor at a time, since two mends of one sum would both add what is missing. */
const doctorLock = 7_102_050;
/** The entity id of what the doctor mends, which is of no row. */
const doctorEntity = '00000000-0000-8000-8000-000000000012';
/** The limit of one statement; a count over a million tasks and 800,000 runs took 1 to 5 s on a busy machine of two cores. */
const statementMs = 10_000;
/** The limits of all checks; of those of a fix, its mends and the checks after them. Clients of the API give up after a minute. */
const checksMs = 45_000;
const beforeMs = 25_000;
const mendsMs = 10_000;
const againMs = 12_000;

/** Compares what is kept with what is there, and mends what is safe to mend. */
@Injectable()
export class DoctorService {
  private readonly checks: Check[];

  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
    private readonly activity: ActivityLog,
    host: HostChecks,
    runs: RunChecks,
  ) {
    const all = [...host.all, ...runs.all, ...keptSumChecks, ...taskChecks, files, orphans];
    this.checks = checkNames.map((name) => all.find((check) => check.name === name)!);
  }

  /**
   * Makes all checks, on a connection of their own, each in a read-only snapshot and with a limit of time.
   * @throws RESOURCE_IN_USE while another doctor is at work
   */
  examine(): Promise<DoctorReport> {
    return this.alone(async (db) => this.report(await this.makeAll(db, this.checks, checksMs)));
  }

  /**
   * Mends what the checks find and is safe to mend while others write, and makes those checks again.
   * @throws RESOURCE_IN_USE while another doctor is at work
   */
  fix(actor: Actor): Promise<DoctorFix> {
    return this.alone(async (db) => {
      const found = await this.makeAll(db, this.checks, beforeMs);
      const wrong = this.checks.filter((check, index) => found[index]!.fixable && check.mend);
      const until = performance.now() + mendsMs;
      const fixes: DoctorFix['fixes'] = [];
      for (const check of wrong) fixes.push(await this.mend(db, check, actor, until));
      const again = await this.makeAll(db, wrong, againMs);
      const byName = new Map(again.map((one) => [one.name, one]));
      return { fixes, report: this.report(found.map((one) => byName.get(one.name) ?? one)) };
    });
  }

  private async alone<T>(work: (db: ConnectionPool) => Promise<T>): Promise<T> {
    const db = separateConnection(this.database, 'millrace-doctor', this.infrastructure.logger);
    try {
      await holdLock(db);
      return await work(db);
    } finally {
      // the end of the connection releases the lock, too, but a moment after the answer
      await db.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
      await db.close();
    }
  }

  private async makeAll(
    db: ConnectionPool,
    checks: readonly Check[],
    limitMs: number,
  ): Promise<DoctorCheck[]> {
    const until = performance.now() + limitMs;
    const made: DoctorCheck[] = [];
    for (const check of checks) made.push(await this.make(db, check, until - performance.now()));
    return made;
  }

  private async make(
    db: ConnectionPool,
    { name, examine, mend }: Check,
    leftMs: number,
  ): Promise<DoctorCheck> {
    const skipped = (message: string) => ({ name, status: 'skipped', message, fixable: false }) as const;
    if (leftMs < 1) return skipped('There was no time left for this check');
    try {
      const finding = await db.transaction(async (tx) => {
        await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
        await limit(tx, leftMs);
        return examine(tx);
      });
      const { fixable = mend !== undefined, ...rest }: Finding = finding;
      return { name, ...rest, fixable: rest.status !== 'ok' && fixable && mend !== undefined };
    } catch (error) {
      if (isTimeout(error))
        return skipped('This check took too long and was cut off: look again when less is going on');
      this.infrastructure.logger.warn({ err: error, check: name }, 'a check of the doctor failed');
      return skipped(`This check failed: ${(error as Error).message}`);
    }
  }

  private async mend(
    db: ConnectionPool,
    { name, mend }: Check,
    actor: Actor,
    until: number,
  ): Promise<DoctorFix['fixes'][number]> {
    const record = (tx: Parameters<ActivityLog['record']>[0], changed: number) =>
      this.activity.record(tx, {
        actor,
        entityType: 'system',
        entityId: doctorEntity,
        action: 'doctor_fixed',
        newValue: { check: name, changed },
      });
    const mending: Mending = {
      batch: async (work) => {
        await holdLock(db);
        return db.transaction(async (tx) => {
          await limit(tx, statementMs);
          const changed = await work(tx);
          if (changed > 0) record(tx, changed);
          return changed;
        });
      },
      record: (changed) => db.transaction((tx) => record(tx, changed)),
      hasTime: () => performance.now() < until,
    };
    if (!mending.hasTime()) return { name, changed: 0, message: 'There was no time left: fix again' };
    try {
      const changed = (await mend?.(mending)) ?? 0;
      const rest = mending.hasTime() ? '' : '; there may be more: fix again';
      return { name, changed, message: `${changed} mended${rest}` };
    } catch (error) {
      this.infrastructure.logger.warn({ err: error, check: name }, 'a fix of the doctor failed');
      const why = isTimeout(error) ? 'it took too long and was cut off' : (error as Error).message;
      return { name, changed: 0, message: `Not mended to the end: ${why}` };
    }
  }

  private report(checks: DoctorCheck[]): DoctorReport {
    const has = (status: DoctorCheck['status']) => checks.some((check) => check.status === status);
    return {
      status: has('error') ? 'error' : has('warning') ? 'warning' : 'ok',
      checked_at: new Date().toISOString(),
      checks,
    };
  }
}

/**
 * Takes the lock of the connection, which may be taken any number of times. A connection that was lost has lost the lock as well, so it is
 * taken again before each write.
 */
async function holdLock(db: Queryable): Promise<void> {
  const [row] = await db.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [doctorLock]);
  if (!row!.held)
    throw new AppError(
      'RESOURCE_IN_USE',
      {},
      { message: 'The doctor is at work already: ask again in a minute' },
    );
}

/** Limits the time of each statement, and keeps it from taking more than one core from others, or writing what it groups to disk. */
async function limit(tx: Queryable, leftMs: number): Promise<void> {
  await tx.query(`SET LOCAL statement_timeout = ${Math.ceil(Math.min(statementMs, leftMs))}`);
  await tx.query('SET LOCAL max_parallel_workers_per_gather = 0');
  await tx.query("SET LOCAL work_mem = '64MB'");
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '57014';
}
