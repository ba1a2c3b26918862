import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError } from './cli-error.js';

/**
 * Finds the copy of Millrace on this host: the one that MILLRACE_HOME names, or the one that this command is in.
 * @throws CliError when there is none, as where only the command line was installed
 */
export function home(): string {
  const named = process.env['MILLRACE_HOME'];
  if (named) {
    if (existsSync(join(named, 'scripts/start.sh'))) return named;
    throw new CliError(`MILLRACE_HOME is ${named}, where there is no Millrace`);
  }
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'scripts/start.sh')) && existsSync(join(folder, 'docker'))) return folder;
  throw new CliError('The server is not here, only its command line', {
    hint: 'Set MILLRACE_HOME to a copy of Millrace.',
  });
}

/** Runs a program of the server, passes signals on to it, and exits with its exit code. @param settings further environment variables */
export async function runOnHost(
  program: string,
  parameters: readonly string[],
  settings: Record<string, string | undefined>,
): Promise<void> {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const child = spawn(program, parameters, { stdio: 'inherit', env: { ...process.env, ...given } });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  // a terminal sends Ctrl-C to both processes; the server ignores a second signal
  process.on('SIGINT', pass).on('SIGTERM', pass).on('SIGHUP', pass);
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child
      .once('error', reject)
      .once('exit', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
  });
}
