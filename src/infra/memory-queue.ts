import TinyQueue from 'tinyqueue';
import { fits } from '../common/worker-labels.js';
import {
  ExecutionQueue,
  priorityOf,
  type Capacity,
  type Processor,
  type QueuedJob,
  type QueueEntry,
} from './execution-queue.js';

interface Waiting {
  id: string;
  priority: number;
  /** Its place among all that were ever added. */
  place: number;
  runsOn: readonly string[];
}

const inOrder = (a: Waiting, b: Waiting) => a.priority - b.priority || a.place - b.place;

/** The heap may hold this many entries that do not count any more before it is built anew. */
const maxStale = 1_000;

/** The queue of a single process. After a start the reconciler fills it from Postgres. */
export class MemoryQueue extends ExecutionQueue {
  private heap = new TinyQueue<Waiting>([], inOrder);
  /** The entries that count. The heap also holds those that were removed or have another priority now. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly taken = new Set<string>();
  private places = 0;
  private processor: Processor | undefined;
  private slots = 0;
  /** The labels of the worker of this process; until there is one, everything fits. */
  private labels: ReadonlySet<string> | undefined;
  private paused = false;

  /** The number of entries in memory, those included that do not count any more. */
  get size(): number {
    return this.heap.length;
  }

  override offer(entries: readonly QueueEntry[]): void {
    for (const entry of entries)
      if (!this.waiting.has(entry.id)) this.push(entry, priorityOf(entry), ++this.places);
    this.serve();
  }

  override async add(entries: readonly QueueEntry[]): Promise<void> {
    this.offer(entries);
  }

  override async missing(jobs: readonly QueuedJob[]): Promise<string[]> {
    return jobs.map(({ id }) => id).filter((id) => !this.waiting.has(id) && !this.taken.has(id));
  }

  override async reprioritise(entry: QueueEntry): Promise<void> {
    const waiting = this.waiting.get(entry.id);
    if (waiting) this.push(entry, priorityOf(entry), waiting.place);
  }

  override async remove({ id }: QueuedJob): Promise<void> {
    this.waiting.delete(id);
  }

  override process(processor: Processor, { slots, labels }: Capacity): void {
    this.processor = processor;
    this.slots = slots;
    this.labels = new Set(labels);
    this.rebuild();
    this.serve();
  }

  override pause(): void {
    this.paused = true;
  }

  override resume(): void {
    this.paused = false;
    this.serve();
  }

  override async close(): Promise<void> {
    this.processor = undefined;
  }

  protected override async stopTaking(): Promise<void> {
    this.processor = undefined;
  }

  private push({ id, runs_on }: QueuedJob, priority: number, place: number): void {
    const waiting = { id, priority, place, runsOn: runs_on };
    this.waiting.set(id, waiting);
    if (!this.isFitting(waiting)) return;
    this.heap.push(waiting);
    if (this.heap.length > 2 * this.waiting.size + maxStale) this.rebuild();
  }

  /** Whether the worker can run it; what it cannot run is known, and waits for ever. */
  private isFitting({ runsOn }: Waiting): boolean {
    return this.labels === undefined || fits(this.labels, runsOn);
  }

  private rebuild(): void {
    this.heap = new TinyQueue(
      [...this.waiting.values()].filter((waiting) => this.isFitting(waiting)),
      inOrder,
    );
  }

  private serve(): void {
    while (this.processor && !this.paused && this.taken.size < this.slots) {
      const next = this.heap.pop();
      if (!next) return;
      // one that was admitted again while a worker is still giving it up waits for the end of that
      if (this.waiting.get(next.id) !== next || this.taken.has(next.id)) continue;
      this.waiting.delete(next.id);
      void this.take(next.id, this.processor);
    }
  }

  private async take(id: string, processor: Processor): Promise<void> {
    this.taken.add(id);
    try {
      await this.track(processor(id));
    } finally {
      this.taken.delete(id);
      const again = this.waiting.get(id);
      if (again) this.push({ id, runs_on: again.runsOn }, again.priority, again.place);
      this.serve();
    }
  }
}
