import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Python of the distribution: its packages are not seen by another one on the PATH. */
export const python = '/usr/bin/python3';

const exists = (program) =>
  run('sh', ['-c', 'command -v "$1"', 'sh', program]).then(
    () => true,
    () => false,
  );

/**
 * Makes sure that the programs are there; as root on Debian it installs them.
 * @throws a sentence that says what to install
 */
export async function ensurePrograms(...packages) {
  const missing = [];
  for (const name of packages) if (!(await exists(name))) missing.push(name);
  if (missing.length === 0) return;
  const advice = `The benchmark needs ${missing.join(', ')}: apt-get install ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !(await exists('apt-get'))) throw new Error(advice);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  console.log(`installing ${missing.join(', ')}`);
  try {
    await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], { env });
  } catch (cause) {
    throw new Error(advice, { cause });
  }
}

/** Which of the peers can be run here. Nothing is installed for them: their figures are then taken from the written ones. */
export async function peersHere() {
  const imports = (modules) =>
    run(python, ['-c', `import ${modules}`]).then(
      () => true,
      () => false,
    );
  const [fastapi, celery, websocketd] = await Promise.all([
    imports('fastapi, uvicorn, sqlalchemy, asyncpg, jwt'),
    imports('celery, redis, sqlalchemy, psycopg2'),
    exists('websocketd'),
  ]);
  return { fastapi, celery, websocketd };
}
