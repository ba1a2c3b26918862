import { Worker } from 'node:worker_threads';
import { AppError } from '../common/errors.js';
import { unreadable, type Analysis, type AnalyseOptions } from './analyse.js';
import { FairQueue } from './fair-queue.js';
import type { SafetyAnswer, SafetyQuestion } from './safety-worker.js';

/** The timeout of one command's analysis; nearly all take less than a millisecond. */
const timeoutMs = 1_000;
/** The timeout of a thread's start, which on a busy machine takes longer than any analysis. */
const startPatienceMs = 30_000;
const limits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

interface Waiting {
  question: SafetyQuestion;
  resolve: (outcome: Outcome) => void;
}

interface Outcome {
  analysis: Analysis;
  /** How long the thread looked at it; undefined when it did not come to an end. */
  tookMs: number | undefined;
}

/**
 * Analyses commands in a thread of its own, one after the other, with the users in turn: the parser takes up to seconds for a text
 * that was made to be hard (64 KiB of `$((`: 1.4 s of processor time, measured), and neither the event loop nor another user must
 * wait for that.
 */
export class SafetyThread {
  private worker: Worker | undefined;
  private readonly line: FairQueue<Waiting>;
  private current: Waiting | undefined;
  private begunAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private count = 0;

  /**
   * @param mostPerUser how many commands of one user may wait
   * @param givesWay true when others of this host may have the processor first
   */
  constructor(
    private readonly mostPerUser: number,
    private readonly givesWay = false,
  ) {
    this.line = new FairQueue(mostPerUser);
  }

  /**
   * @returns what was found; a command that takes too long or too much memory is called too complex
   * @throws RATE_LIMIT_EXCEEDED when too many commands of the user wait
   */
  analyse(userId: string, command: string, options: AnalyseOptions): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const question = { id: (this.count += 1), command, options };
      if (!this.line.add(userId, { question, resolve })) reject(tooMany(this.mostPerUser));
      else if (!this.current) this.ask();
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    const gaveUp = { analysis: unreadable(), tookMs: undefined };
    for (let left = this.current; left; left = this.line.take()) left.resolve(gaveUp);
    this.current = undefined;
    await this.worker?.terminate();
  }

  private ask(): void {
    const first = (this.current = this.line.take());
    // An idle thread must not keep the process alive.
    if (!first) return this.worker?.unref();
    const worker = this.worker ?? this.start();
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(first.question);
    this.wait(worker, startPatienceMs);
  }

  private wait(worker: Worker, milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.giveUp(worker), milliseconds);
  }

  private start(): Worker {
    const worker = new Worker(new URL('./safety-worker.js', import.meta.url), {
      env: {},
      workerData: this.givesWay,
      resourceLimits: limits,
    });
    this.worker = worker;
    worker.on('message', ({ id, analysis }: SafetyAnswer) => {
      if (this.current?.question.id !== id) return;
      if (analysis) return this.answer({ analysis, tookMs: performance.now() - this.begunAt });
      this.begunAt = performance.now();
      this.wait(worker, timeoutMs);
    });
    worker.on('error', () => this.giveUp(worker));
    return worker;
  }

  /** Terminates the thread, since nothing else stops a loop in it. */
  private giveUp(worker: Worker): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    void worker.terminate();
    this.answer({ analysis: unreadable(), tookMs: undefined });
  }

  private answer(outcome: Outcome): void {
    clearTimeout(this.timer);
    this.current?.resolve(outcome);
    this.ask();
  }
}

const tooMany = (limit: number) =>
  new AppError(
    'RATE_LIMIT_EXCEEDED',
    { waiting: limit },
    { message: 'Too many of your commands wait to be checked', retryAfterSeconds: 1 },
  );
