import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Python of the distribution, since another one on the PATH would not find the packages of the distribution. */
export const python = '/usr/bin/python3';

const exists = (program) =>
  run('sh', ['-c', 'command -v "$1"', 'sh', program]).then(
    () => true,
    () => false,
  );

/**
 * Makes sure that programs are installed; as root on Debian it installs them.
 * @throws with a sentence that names the packages to install
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

/** Returns which peers are installed. The others are not installed; figures of earlier measurements replace them. */
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
