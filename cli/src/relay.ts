import type { OutputEnd, OutputFrame } from '@millrace/sdk';
import { CliError, exitCodes } from './cli-error.js';
import { RunFault } from './explain.js';
import type { Terminal } from './terminal.js';

/** The exit code when the reader of the output has closed it, as `head` does: 128 + SIGPIPE. */
const brokenPipe = 141;

/** Signals that cancel the command, with the exit code that a shell reports for them: 128 and the signal's number. */
const stopCodes = { SIGINT: exitCodes.interrupted, SIGTERM: 143, SIGHUP: 129 };
const stopSignals = Object.keys(stopCodes) as (keyof typeof stopCodes)[];

/** A command whose output is relayed. */
export interface Relayed {
  frames: AsyncGenerator<OutputFrame, OutputEnd, undefined>;
  /** Cancels the command; without it the command continues when the relay ends. */
  cancel?: () => Promise<unknown>;
  /** The progress message until the first output arrives. */
  waiting: string;
}

/**
 * Relays the live output of a command to stdout and stderr. Ctrl-C, SIGTERM and a closed terminal (SIGHUP) cancel the command and wait
 * for its end; a second Ctrl-C or SIGTERM does not wait.
 * @returns the exit code of the command, or 128 and the signal that ended it
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
    // both the shell and the terminal send SIGHUP, so a second one is no request to hurry
    if (interrupted > 0 && signal === 'SIGHUP') return;
    if (interrupted > 0 || !cancel) process.exit(interrupted || stopCodes[signal]);
    interrupted = stopCodes[signal];
    progress.end();
    terminal.note('Cancelling; once more to leave at once.');
    // fails when the command has ended already
    void cancel().catch(() => undefined);
  };
  for (const signal of stopSignals) process.on(signal, stop);
  // `write` handles the error of a closed reader
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    for (;;) {
      const { done, value } = await frames.next();
      progress.end();
      if (done) return interrupted || shellCode(value.exitCode);
      if (await write(process[value.stream], value.bytes)) continue;
      await cancel?.().catch(() => undefined);
      // after SIGHUP the writes to the closed terminal fail, too
      return interrupted || brokenPipe;
    }
  } finally {
    progress.end();
    for (const signal of stopSignals) process.off(signal, stop);
    // an open stream would keep this process alive
    await frames.return({ exitCode: null, total: 0 });
  }
}

/** Writes bytes and waits until they are taken. @returns false when the reader is gone */
function write(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => stream.write(bytes, (error) => resolve(!error)));
}

/** The exit code as a shell reports it: a signal becomes 128 and its number. */
export function shellCode(exitCode: number | null): number {
  if (exitCode === null)
    throw new CliError('The command did not run to its end', { exitCode: exitCodes.own });
  return exitCode < 0 ? 128 - exitCode : exitCode;
}
