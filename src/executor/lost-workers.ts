import type { ActivityLog } from '../activity/activity-log.js';
import type { ConnectionPool } from '../infra/database.js';
import type { Events } from '../infra/events.js';

interface LostWorker extends Record<string, unknown> {
  id: string;
  host: string;
  labels: string[];
  started_at: Date;
  seen_at: Date;
}

/**
 * Forgets the workers whose heartbeat has stopped without a clean end, and reports each once: whoever deletes its row does. One that was
 * only frozen enters itself again.
 * @param leaseSeconds how old the last heartbeat of a living worker may be
 */
export async function reportLostWorkers(
  database: ConnectionPool,
  activity: ActivityLog,
  events: Events,
  leaseSeconds: number,
): Promise<void> {
  const isLost = 'seen_at < now() - make_interval(secs => $1)';
  const [some] = await database.query(`SELECT 1 FROM workers WHERE ${isLost} LIMIT 1`, [leaseSeconds]);
  if (!some) return;
  await database.transaction(async (tx) => {
    const lost = await tx.query<LostWorker>(
      `DELETE FROM workers WHERE id IN (SELECT id FROM workers WHERE ${isLost} FOR UPDATE SKIP LOCKED)
        RETURNING id, host, labels, started_at, seen_at`,
      [leaseSeconds],
    );
    for (const { id, host, labels, started_at, seen_at } of lost) {
      const data = { worker_id: id, host, labels, started_at, seen_at };
      activity.record(tx, {
        actor: null,
        entityType: 'worker',
        entityId: id,
        action: 'worker_lost',
        newValue: data,
        event: { name: 'worker.lost', data },
      });
      events.emitAfter(tx, 'notification', {
        user_id: null,
        role: 'admin',
        project_id: null,
        room: 'system',
        level: 'warning',
        title: 'Worker lost',
        message: `The worker on ${host} has stopped answering`,
        actions: [{ label: 'Dismiss', action: 'dismiss' }],
      });
    }
  });
}
