import { AppError } from './errors.js';

/**
 * Bounds how much of a dear kind of work is done at once; the rest waits. Those who wait are served in turn by whom they belong to,
 * so that somebody who asks for a lot waits for itself.
 */
export class FairTurns {
  private readonly lines = new Map<string, (() => void)[]>();
  private running = 0;
  private waiting = 0;

  /**
   * @param most.atOnce how many pieces of work run at once
   * @param most.waitingOfOne how many of one owner may wait
   * @param most.waitingInAll how many of all owners may wait
   */
  constructor(private readonly most: { atOnce: number; waitingOfOne: number; waitingInAll: number }) {}

  /**
   * Does a piece of work when it is its turn.
   * @param owner whose work it is
   * @throws RATE_LIMIT_EXCEEDED when too many of the owner wait already, SYSTEM_OVERLOADED when too many of all do
   */
  async take<T>(owner: string, work: () => Promise<T>): Promise<T> {
    if (this.running >= this.most.atOnce) await this.wait(owner);
    else this.running += 1;
    try {
      return await work();
    } finally {
      this.next();
    }
  }

  private wait(owner: string): Promise<void> {
    const line = this.lines.get(owner) ?? [];
    const retryAfterSeconds = 1;
    if (line.length >= this.most.waitingOfOne)
      throw new AppError('RATE_LIMIT_EXCEEDED', { waiting: line.length }, { retryAfterSeconds });
    if (this.waiting >= this.most.waitingInAll)
      throw new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds });
    this.waiting += 1;
    this.lines.set(owner, line);
    return new Promise((resolve) => line.push(resolve));
  }

  /** Passes the turn on: to another owner than the one that is served now, if one waits. */
  private next(): void {
    const [first] = this.lines;
    if (!first) {
      this.running -= 1;
      return;
    }
    const [owner, line] = first;
    const begin = line.shift()!;
    this.lines.delete(owner);
    if (line.length > 0) this.lines.set(owner, line);
    this.waiting -= 1;
    begin();
  }
}
