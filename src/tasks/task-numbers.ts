import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';
import { accessRole, memberJoin, visible } from '../projects/projects.queries.js';

interface Waiter {
  resolve: (number: number | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * Numbers for task refs. They rise in the order in which they are asked for, in every process: each request takes its number from the
 * database. Requests of one user that come while another is on its way share a statement, so that a crowd costs no more than one.
 */
@Injectable()
export class TaskNumbers {
  private readonly waiting = new Map<string, Waiter[]>();

  constructor(private readonly database: Database) {}

  /**
   * The next number of a project; one that is not used becomes a gap.
   * @param project an id or a key
   * @returns undefined when the actor may not write there
   */
  next(actor: Actor, project: string): Promise<number | undefined> {
    const key = `${actor.id} ${actor.role} ${project}`;
    return new Promise((resolve, reject) => {
      const line = this.waiting.get(key);
      if (line) line.push({ resolve, reject });
      else {
        this.waiting.set(key, [{ resolve, reject }]);
        void this.serve(key, actor, project);
      }
    });
  }

  /** Takes numbers for those who wait, until nobody does. */
  private async serve(key: string, actor: Actor, project: string): Promise<void> {
    const line = this.waiting.get(key)!;
    while (line.length > 0) {
      const served = line.splice(0);
      try {
        const first = await this.take(actor, project, served.length);
        served.forEach(({ resolve }, index) => resolve(first === undefined ? undefined : first + index));
      } catch (error) {
        for (const { reject } of served) reject(error);
      }
    }
    this.waiting.delete(key);
  }

  /** @returns the first of so many numbers */
  private async take(actor: Actor, project: string, count: number): Promise<number | undefined> {
    const column = project.includes('-') ? 'id' : 'key';
    return this.database.transaction(async (tx) => {
      // whatever is lost in a crash was used by nobody: the task that uses a number is written to the log behind it
      void tx.query('SET LOCAL synchronous_commit = off');
      const [row] = await tx.query<{ first: number }>(
        `INSERT INTO task_numbers AS n (project_id, next)
         SELECT p.id, $4::int + 1 FROM projects p ${memberJoin}
          WHERE p.${column} = $3 AND p.deleted_at IS NULL AND p.status <> 'archived' AND ${visible}
            AND ${accessRole} IN ('owner', 'developer')
         ON CONFLICT (project_id) DO UPDATE SET next = n.next + $4::int RETURNING next - $4::int AS first`,
        [actor.id, actor.role === 'admin', project, count],
      );
      return row?.first;
    });
  }
}
