import { Injectable } from '@nestjs/common';
import { limits } from './limits.js';

/** How many connections each user has in this process. */
@Injectable()
export class ConnectionCounts {
  private readonly counts = new Map<string, number>();

  /** Counts one more; false when the user has as many as allowed. */
  acquire(userId: string): boolean {
    const count = this.counts.get(userId) ?? 0;
    if (count >= limits.connectionsPerUser) return false;
    this.counts.set(userId, count + 1);
    return true;
  }

  release(userId: string): void {
    const count = (this.counts.get(userId) ?? 0) - 1;
    if (count > 0) this.counts.set(userId, count);
    else this.counts.delete(userId);
  }
}
