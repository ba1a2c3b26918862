import { Worker } from 'node:worker_threads';
import { unreadable, type Analysis, type AnalyseOptions } from './analyse.js';
import type { SafetyAnswer, SafetyQuestion } from './safety-worker.js';

/** A command is looked at for at most this long; nearly all take less than a millisecond. */
const patienceMs = 2_000;
/** How long a thread may take to be there: on a busy machine its start alone takes longer than any command. */
const startPatienceMs = 30_000;
const limits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

interface Waiting {
  question: SafetyQuestion;
  resolve: (analysis: Analysis) => void;
}

/**
 * Analyses commands in a thread of its own, one after the other: the parser takes up to seconds for a text that was made to
 * be hard (64 KiB of `$((`: 1.4 s of processor time, measured), and the event loop must not wait for that.
 */
export class SafetyThread {
  private worker: Worker | undefined;
  private readonly line: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private count = 0;

  /** @returns what was found; a command that takes too long or too much memory is called too complex */
  analyse(command: string, options: AnalyseOptions): Promise<Analysis> {
    return new Promise((resolve) => {
      this.line.push({ question: { id: (this.count += 1), command, options }, resolve });
      if (this.line.length === 1) this.ask();
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    for (const { resolve } of this.line.splice(0)) resolve(unreadable());
    await this.worker?.terminate();
  }

  private ask(): void {
    const [first] = this.line;
    if (!first) return;
    const worker = this.worker ?? this.start();
    worker.ref();
    // a thread has no origin
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
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
      resourceLimits: limits,
    });
    this.worker = worker;
    worker.on('message', ({ id, analysis }: SafetyAnswer) => {
      if (this.line[0]?.question.id !== id) return;
      if (analysis) this.answer(analysis);
      else this.wait(worker, patienceMs);
    });
    worker.on('error', () => this.giveUp(worker));
    return worker;
  }

  /** The thread is ended: nothing else stops a loop in it. */
  private giveUp(worker: Worker): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    void worker.terminate();
    this.answer(unreadable());
  }

  private answer(analysis: Analysis): void {
    clearTimeout(this.timer);
    this.line.shift()?.resolve(analysis);
    // an idle thread must not keep the process
    if (this.line.length === 0) this.worker?.unref();
    else this.ask();
  }
}
