import { spawn, type SpawnOptions } from 'node:child_process';

/** The result of a program; `exitCode` is null when it did not start or a signal ended it. */
export interface ProgramResult {
  exitCode: number | null;
  /** The text of both outputs, or the reason why it did not start. */
  output: string;
  notFound: boolean;
  timedOut: boolean;
}

/**
 * Runs a program to its end; a failure is a result. It does not use execa, which does not pass on descriptors beyond the first three.
 *
 * @param descriptors the descriptors that it inherits as 3, 4, …
 */
export async function runWithDescriptors(
  command: string,
  args: string[],
  descriptors: number[],
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd' | 'env' | 'detached' | 'timeout'>,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', ...descriptors] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ exitCode: null, output: error.message, notFound: error.code === 'ENOENT', timedOut: false });
    });
    child.on('close', (exitCode) => {
      resolve({ exitCode, output, notFound: false, timedOut: options.timeout !== undefined && child.killed });
    });
  });
}
