import { Worker } from 'node:worker_threads';
import { AppError } from '../common/errors.js';
import { tooComplex, type Analysis, type AnalyseOptions } from './analyse.js';
import { FairQueue } from '../common/fair-queue.js';
import type { SafetyResponse, SafetyRequest } from './safety-worker.js';

/** The timeout of one command's analysis; nearly all take less than a millisecond. */
const timeoutMs = 1_000;
/** The timeout of a thread's start, which on a busy machine takes longer than any analysis. */
const startTimeoutMs = 30_000;
const limits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

interface QueuedRequest {
  request: SafetyRequest;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

interface Outcome {
  analysis: Analysis;
  /** The duration of the analysis; undefined when it did not end. */
  tookMs: number | undefined;
}

/**
 * Analyses commands in a thread of its own, one at a time, with users in turn. The parser takes up to seconds for a hostile text (64 KiB
 * of `$((`: 1.4 s of processor time, measured), and neither the event loop nor another user must wait for that.
 */
export class SafetyThread {
  private worker: Worker | undefined;
  private readonly queue: FairQueue<QueuedRequest>;
  private current: QueuedRequest | undefined;
  /** When the analysis of the current request began; undefined before the thread has taken it. */
  private begunAt: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private count = 0;

  /**
   * @param mostPerUser the most commands of one user that may wait
   * @param isLowPriority whether other threads of this host have priority for the processor
   * @param script what the thread runs
   */
  constructor(
    private readonly mostPerUser: number,
    private readonly isLowPriority = false,
    private readonly script = new URL('./safety-worker.js', import.meta.url),
  ) {
    this.queue = new FairQueue(mostPerUser);
  }

  /**
   * Analyses a command. One that takes too long or too much memory is reported as too complex.
   * @throws RATE_LIMIT_EXCEEDED when too many commands of the user wait, SYSTEM_OVERLOADED when the thread does not start in time or is
   * closed, and the error that ended the thread otherwise
   */
  analyse(userId: string, command: string, options: AnalyseOptions): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const request = { id: (this.count += 1), command, options };
      if (!this.queue.add(userId, { request, resolve, reject })) reject(tooMany(this.mostPerUser));
      else if (!this.current) this.sendNext();
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    for (let left = this.current; left; left = this.queue.take())
      left.reject(new AppError('SYSTEM_OVERLOADED', {}, { message: 'The server is shutting down' }));
    this.current = undefined;
    await this.worker?.terminate();
  }

  private sendNext(): void {
    const first = (this.current = this.queue.take());
    // An idle thread must not keep the process alive.
    if (!first) return this.worker?.unref();
    const worker = this.worker ?? this.start();
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(first.request);
    this.begunAt = undefined;
    this.setTimer(worker, startTimeoutMs);
  }

  private setTimer(worker: Worker, milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.abandon(worker), milliseconds);
  }

  private start(): Worker {
    const worker = new Worker(this.script, {
      env: {},
      workerData: this.isLowPriority,
      resourceLimits: limits,
    });
    this.worker = worker;
    worker.on('message', ({ id, analysis }: SafetyResponse) => {
      if (this.current?.request.id !== id) return;
      if (analysis) {
        const tookMs = performance.now() - (this.begunAt ?? 0);
        return this.finish(({ resolve }) => resolve({ analysis, tookMs }));
      }
      this.begunAt = performance.now();
      this.setTimer(worker, timeoutMs);
    });
    worker.on('error', (error) => this.abandon(worker, error));
    return worker;
  }

  /**
   * Terminates the thread, since nothing else stops a loop in it.
   * @param error what ended it; none when a timeout has passed
   */
  private abandon(worker: Worker, error?: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    void worker.terminate();
    const hasOverrun = error === undefined ? this.begunAt !== undefined : isOutOfMemory(error);
    this.finish(({ resolve, reject }) => {
      if (hasOverrun) resolve({ analysis: tooComplex(), tookMs: undefined });
      else reject(error ?? new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 }));
    });
  }

  private finish(settle: (request: QueuedRequest) => void): void {
    clearTimeout(this.timer);
    if (this.current) settle(this.current);
    this.sendNext();
  }
}

const isOutOfMemory = (error: Error) => (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';

const tooMany = (limit: number) =>
  new AppError(
    'RATE_LIMIT_EXCEEDED',
    { waiting: limit },
    { message: 'Too many of your commands wait to be checked', retryAfterSeconds: 1 },
  );
