import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database.js';

interface Block {
  next: number;
  end: number;
  size: number;
  takenAt: number;
}

const largestBlock = 64;
/** A block used up faster than this is followed by one of twice its size. */
const busyMs = 1_000;
const maxProjects = 10_000;

/**
 * Numbers for task refs. One counter row a project would cap creation at about 1,000 a second, so a busy project's
 * numbers are taken in blocks; what a block has left when the process ends becomes a gap.
 */
@Injectable()
export class TaskNumbers {
  private readonly blocks = new Map<string, Block>();
  private readonly pending = new Map<string, Promise<void>>();

  constructor(private readonly database: Database) {}

  /**
   * The next number of a project, if there is one at hand.
   * @param project an id or a key: each has blocks of its own
   */
  take(project: string): number | undefined {
    const block = this.blocks.get(project);
    return block && block.next < block.end ? block.next++ : undefined;
  }

  /** The same, from a new block if need be. @param id of the project */
  async next(project: string, id: string): Promise<number> {
    for (;;) {
      const number = this.take(project);
      if (number !== undefined) return number;
      let refill = this.pending.get(project);
      if (!refill) {
        refill = this.refill(project, id).finally(() => this.pending.delete(project));
        this.pending.set(project, refill);
      }
      await refill;
    }
  }

  private async refill(project: string, id: string): Promise<void> {
    const last = this.blocks.get(project);
    const busy = last !== undefined && Date.now() - last.takenAt < busyMs;
    const size = busy ? Math.min(largestBlock, last.size * 2) : 1;
    const [row] = await this.database.query<{ next: number }>(
      'UPDATE projects SET next_number = next_number + $2 WHERE id = $1 RETURNING next_number - $2 AS next',
      [id, size],
    );
    const next = row?.next ?? 1;
    if (this.blocks.size >= maxProjects) this.blocks.clear();
    this.blocks.set(project, { next, end: next + size, size, takenAt: Date.now() });
  }
}
