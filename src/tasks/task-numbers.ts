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

  async next(projectId: string): Promise<number> {
    for (;;) {
      const block = this.blocks.get(projectId);
      if (block && block.next < block.end) return block.next++;
      let refill = this.pending.get(projectId);
      if (!refill) {
        refill = this.refill(projectId, block).finally(() => this.pending.delete(projectId));
        this.pending.set(projectId, refill);
      }
      await refill;
    }
  }

  private async refill(projectId: string, last: Block | undefined): Promise<void> {
    const busy = last !== undefined && Date.now() - last.takenAt < busyMs;
    const size = busy ? Math.min(largestBlock, last.size * 2) : 1;
    const [row] = await this.database.query<{ next: number }>(
      'UPDATE projects SET next_number = next_number + $2 WHERE id = $1 RETURNING next_number - $2 AS next',
      [projectId, size],
    );
    const next = row?.next ?? 1;
    if (this.blocks.size >= maxProjects) this.blocks.clear();
    this.blocks.set(projectId, { next, end: next + size, size, takenAt: Date.now() });
  }
}
