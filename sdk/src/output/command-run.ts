import type { CommandStatus, StartedCommand } from '../generated/types.js';
import type { OutputEnd, OutputFrame } from './frame.js';

/** How a command ended. */
export interface CommandResult {
  commandId: string;
  status: CommandStatus['status'];
  /** The exit code of the shell; -15 after SIGTERM, -9 after SIGKILL; null when it never ran or its worker was lost. */
  exitCode: number | null;
  /** The reason code when it did not end with exit code 0. */
  reason: CommandStatus['reason'];
  /** A description of the failure. */
  error: string | null;
  /** Bytes of output. */
  outputBytes: number;
}

/** The methods of the client that a run uses. */
export interface CommandRunParts {
  start(): Promise<StartedCommand>;
  follow(commandId: string): AsyncGenerator<OutputFrame, OutputEnd, undefined>;
  status(commandId: string): Promise<CommandStatus>;
  cancel(commandId: string, reason?: string): Promise<unknown>;
  signal?: AbortSignal | undefined;
}

/**
 * A command started by `client.commands.run`. Iterate over it to read its output, await `result()` for its end. The output can be
 * iterated once.
 */
export class CommandRun implements AsyncIterable<OutputFrame> {
  /** Resolves when the server has accepted the command. */
  readonly started: Promise<StartedCommand>;
  private frames: AsyncGenerator<OutputFrame, OutputEnd, undefined> | undefined;
  private readonly ended: Promise<OutputEnd>;
  private end!: (end: OutputEnd) => void;
  private fail!: (error: unknown) => void;

  constructor(private readonly parts: CommandRunParts) {
    this.ended = new Promise((resolve, reject) => ([this.end, this.fail] = [resolve, reject]));
    // a failed start rejects `started` and `result()`; neither needs to be awaited
    this.ended.catch(() => undefined);
    this.started = parts.start();
    this.started.catch(this.fail);
    parts.signal?.addEventListener('abort', () => void this.cancel().catch(() => undefined), { once: true });
  }

  /** Iterates over the live output, both streams in the order in which they were read. Leaving the loop does not stop the command. */
  [Symbol.asyncIterator](): AsyncGenerator<OutputFrame, OutputEnd, undefined> {
    if (this.frames)
      throw new Error('The output of a run can be iterated once; follow(commandId) reads it again');
    this.frames = this.read();
    return this.frames;
  }

  /**
   * Waits for the end and discards output that was not read. A command that fails is a result, not an error.
   * @throws ApiError when it could not be started, the signal's reason when it was aborted
   */
  async result(): Promise<CommandResult> {
    if (!this.frames) await drain(this);
    const { exitCode } = await this.ended;
    const { commandId } = await this.started;
    const { status, reason, error, outputBytes } = await this.parts.status(commandId);
    return { commandId, status, exitCode, reason, error, outputBytes };
  }

  /** Waits for the end. @returns the whole output as text */
  async text(): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const { bytes } of this) text += decoder.decode(bytes, { stream: true });
    return text + decoder.decode();
  }

  /** Cancels the command and waits until all its processes are gone. Its output then ends. */
  async cancel(reason?: string): Promise<void> {
    const { commandId } = await this.started;
    await this.parts.cancel(commandId, reason);
  }

  private async *read(): AsyncGenerator<OutputFrame, OutputEnd, undefined> {
    try {
      const { commandId } = await this.started;
      const end = yield* this.parts.follow(commandId);
      this.end(end);
      return end;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }
}

async function drain(frames: AsyncIterable<OutputFrame>): Promise<void> {
  const iterator = frames[Symbol.asyncIterator]();
  while (!(await iterator.next()).done);
}
