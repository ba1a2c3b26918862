import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Makes sure that a program is installed; as root on Debian it installs the package.
 * @param name the name of the package
 * @returns true when this call has installed it
 * @throws with a sentence that names the package to install
 */
export async function ensureProgram(program: string, name = program): Promise<boolean> {
  if (await answers(program)) return false;
  const missing = `The tests need ${program}. Install it (Debian, Ubuntu: apt-get install ${name}) and run them again.`;
  if (process.getuid?.() !== 0 || !(await answers('apt-get'))) throw new Error(missing);
  process.stderr.write(`${program} is missing: installing the Debian package\n`);
  // with RUNLEVEL=1 invoke-rc.d does not start services
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    await run('apt-get', ['update', '-q'], { env });
    await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', name], { env });
  } catch (error) {
    throw new Error(`${missing} Installing it here failed: ${(error as { stderr?: string }).stderr}`, {
      cause: error,
    });
  }
  if (!(await answers(program))) throw new Error(missing);
  return true;
}

const answers = (program: string) =>
  run(program, ['--version']).then(
    () => true,
    () => false,
  );
