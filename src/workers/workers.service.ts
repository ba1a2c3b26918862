import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { may, type Actor } from '../common/permissions.js';
import { hasScope, scopesOf } from '../common/scopes.js';
import { Database, type Queryable } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { toWorker, type WorkerRow, type WorkerView } from './workers.schema.js';

/** The most workers that are listed. */
const mostListed = 1_000;

/** What a worker runs is counted anew, since its row is as old as its last heartbeat. */
const columns = `w.id, w.host, w.slots, w.labels, w.version, w.draining, w.ready, w.started_at, w.seen_at,
  (SELECT count(*)::int FROM executions e WHERE e.status = 'running' AND e.worker_id = w.id) AS busy`;

@Injectable()
export class WorkersService {
  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  /** Lists the living workers, the oldest first; the names of their hosts are shown to administrators only. */
  async list(actor: Actor): Promise<{ items: WorkerView[] }> {
    const rows = await this.database.query<WorkerRow & Record<string, unknown>>(
      `SELECT ${columns} FROM workers w ORDER BY w.started_at, w.id LIMIT ${mostListed}`,
    );
    return { items: rows.map((row) => toWorker(row, seesHosts(actor))) };
  }

  /**
   * Makes a worker finish what it runs and take nothing new, for as long as it lives, or take runs again. It hears of it over the bus, and
   * with its next heartbeat at the latest.
   * @throws RESOURCE_NOT_FOUND when there is no such worker, or it has ended
   */
  async setDraining(actor: Actor, id: string, draining: boolean): Promise<WorkerView> {
    const row = await this.database.transaction(async (tx) => {
      const worker = await findWorker(tx, id);
      if (!worker) throw new AppError('RESOURCE_NOT_FOUND', { id });
      if (worker.draining === draining) return worker;
      await tx.query('UPDATE workers SET draining = $2 WHERE id = $1', [id, draining]);
      this.activity.record(tx, {
        actor,
        entityType: 'worker',
        entityId: id,
        action: draining ? 'worker_drained' : 'worker_resumed',
        newValue: { host: worker.host, labels: worker.labels },
      });
      return { ...worker, draining };
    });
    // also where nothing has changed, since the message before may have been lost
    this.events.emit('worker.changed', { worker_id: id });
    return toWorker(row, seesHosts(actor));
  }
}

const seesHosts = (actor: Actor) => may(actor, 'admin') && hasScope(actor, scopesOf('workers', 'admin'));

async function findWorker(db: Queryable, id: string): Promise<WorkerRow | undefined> {
  const [row] = await db.query<WorkerRow & Record<string, unknown>>(
    `SELECT ${columns} FROM workers w WHERE w.id = $1 FOR UPDATE OF w`,
    [id],
  );
  return row;
}
