import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';
import { accessRole, memberJoin, visible } from '../projects/projects.queries.js';

interface Waiter {
  resolve: (number: number | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * Allocates the numbers of task refs. They rise in the order of the requests over all processes, since each request gets its number from
 * the database. Requests of one user for one project that arrive while a statement is under way share the next statement.
 */
@Injectable()
export class TaskNumbers {
  private readonly waiting = new Map<string, Waiter[]>();

  constructor(private readonly database: Database) {}

  /**
   * Allocates the next number of a project; a number that is not used leaves a gap.
   * @param project an id or a key
   * @returns undefined when the actor may not write in the project
   */
  next(actor: Actor, project: string): Promise<number | undefined> {
    const key = `${actor.id} ${actor.role} ${project}`;
    return new Promise((resolve, reject) => {
      const queue = this.waiting.get(key);
      if (queue) queue.push({ resolve, reject });
      else {
        this.waiting.set(key, [{ resolve, reject }]);
        void this.serve(key, actor, project);
      }
    });
  }

  /**
   * Allocates consecutive numbers at once.
   * @returns the first of them; undefined when the actor may not write in the project
   */
  reserve(actor: Actor, project: string, count: number): Promise<number | undefined> {
    return this.allocate(actor, project, count);
  }

  /**
   * Allocates consecutive numbers in many projects at once, in which the caller has found that its actors may write.
   * @param counts how many numbers by the id of the project
   * @returns the first of them by the id of the project
   */
  async reserveMany(counts: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    // in one order, so that two who allocate in the same projects do not wait for each other in a circle
    const projects = [...counts.keys()].toSorted();
    const rows = await this.database.transaction((tx) => {
      void tx.query('SET LOCAL synchronous_commit = off');
      return tx.query<{ project_id: string; next: number }>(
        `INSERT INTO task_numbers AS n (project_id, next)
         SELECT w.project_id, w.count + 1 FROM unnest($1::uuid[], $2::int[]) AS w (project_id, count) ORDER BY w.project_id
         ON CONFLICT (project_id) DO UPDATE SET next = n.next + excluded.next - 1 RETURNING project_id, next`,
        [projects, projects.map((project) => counts.get(project)!)],
      );
    });
    return new Map(rows.map(({ project_id, next }) => [project_id, next - counts.get(project_id)!]));
  }

  /** Keeps numbers up to the given one from being allocated, for tasks that bring their numbers along. */
  async skipTo(projectId: string, last: number): Promise<void> {
    await this.database.query(
      `INSERT INTO task_numbers AS n (project_id, next) VALUES ($1, $2::int + 1)
       ON CONFLICT (project_id) DO UPDATE SET next = greatest(n.next, $2::int + 1)`,
      [projectId, last],
    );
  }

  /** Allocates numbers for the waiting requests of a key until none is left. */
  private async serve(key: string, actor: Actor, project: string): Promise<void> {
    const queue = this.waiting.get(key)!;
    while (queue.length > 0) {
      const batch = queue.splice(0);
      try {
        const first = await this.allocate(actor, project, batch.length);
        batch.forEach(({ resolve }, index) => resolve(first === undefined ? undefined : first + index));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.waiting.delete(key);
  }

  /** Allocates consecutive numbers. @returns the first of them */
  private async allocate(actor: Actor, project: string, count: number): Promise<number | undefined> {
    const column = project.includes('-') ? 'id' : 'key';
    return this.database.transaction(async (tx) => {
      // numbers that a crash loses were not used: the task with a number is written to the WAL after it, and with it flushed
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
