import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError, exitCodes } from './cli-error.js';

/** Reads a line from the terminal. @param hidden true to hide what is typed */
export async function ask(question: string, { hidden = false } = {}): Promise<string> {
  if (!process.stdin.isTTY)
    throw new CliError(`${question.replace(/: $/, '')} cannot be asked for: this is no terminal`, {
      hint: 'Give --username and --password-stdin, or --token.',
      exitCode: exitCodes.usage,
    });
  // readline echoes to its output
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!hidden) process.stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  // only after the terminal has stopped echoing
  process.stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new CliError('Interrupted', { exitCode: exitCodes.interrupted })));
      lines.once('close', () => reject(new CliError('Nothing was entered', { exitCode: exitCodes.usage })));
    });
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}

/** Reads all of standard input, without the final line break. */
export async function readAll(): Promise<string> {
  const text = Buffer.concat(await process.stdin.toArray()).toString();
  return text.replace(/\r?\n$/, '');
}
