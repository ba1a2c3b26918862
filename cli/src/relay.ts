import type { OutputEnd, OutputFrame } from '@millrace/sdk';
import { CliError, exitCodes } from './cli-error.js';
import { RunFault } from './explain.js';
import type { Terminal } from './terminal.js';

/** A reader that went away, as `head` does. */
const brokenPipe = 141;

/** Signals that end the command, and what the shell says of one that ended so: 128 and its number. */
const stopCodes = { SIGINT: exitCodes.interrupted, SIGTERM: 143, SIGHUP: 129 };
const stopSignals = Object.keys(stopCodes) as (keyof typeof stopCodes)[];

/** What one does about a command whose output is shown. */
export interface Relayed {
  frames: AsyncGenerator<OutputFrame, OutputEnd, undefined>;
  /** Stops the command; without it the command goes on when nobody watches any more. */
  cancel?: () => Promise<unknown>;
  /** Said while nothing has come yet. */
  waiting: string;
}

/**
 * Writes the output of a command to stdout and stderr as it comes. Ctrl-C, SIGTERM and a terminal that is closed (SIGHUP) cancel the
 * command and wait until it is gone; a second Ctrl-C or SIGTERM does not wait.
 * @returns the exit code: the command's own, or 128 and the signal that ended it
 */
export async function relay(terminal: Terminal, relayed: Relayed): Promise<number> {
  try {
    return await pass(terminal, relayed);
  } catch (error) {
    throw new RunFault(error);
  }
}

async function pass(terminal: Terminal, { frames, cancel, waiting }: Relayed): Promise<number> {
  const progress = terminal.progress(waiting);
  let interrupted = 0;
  const stop = (signal: keyof typeof stopCodes) => {
    // the shell and the terminal both send it; neither means to hurry
    if (interrupted > 0 && signal === 'SIGHUP') return;
    if (interrupted > 0 || !cancel) process.exit(interrupted || stopCodes[signal]);
    interrupted = stopCodes[signal];
    progress.end();
    terminal.note('Cancelling; once more to leave at once.');
    // when it has ended meanwhile there is nothing to cancel
    void cancel().catch(() => undefined);
  };
  for (const signal of stopSignals) process.on(signal, stop);
  // the reader's end is told by the write that fails
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    for (;;) {
      const { done, value } = await frames.next();
      progress.end();
      if (done) return interrupted || shellCode(value.exitCode);
      if (await write(process[value.stream], value.bytes)) continue;
      await cancel?.().catch(() => undefined);
      // output to a terminal that was closed fails, too
      return interrupted || brokenPipe;
    }
  } finally {
    progress.end();
    for (const signal of stopSignals) process.off(signal, stop);
    // the stream would keep this process alive
    await frames.return({ exitCode: null, total: 0 });
  }
}

/** @returns false when nobody reads any more */
function write(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => stream.write(bytes, (error) => resolve(!error)));
}

/** As a shell says it: a signal becomes 128 and its number. */
function shellCode(exitCode: number | null): number {
  if (exitCode === null)
    throw new CliError('The command did not run to its end', { exitCode: exitCodes.own });
  return exitCode < 0 ? 128 - exitCode : exitCode;
}
