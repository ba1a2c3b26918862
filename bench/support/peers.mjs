import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { Child, freePort } from './child.mjs';
import { python } from './programs.mjs';

const folder = join(import.meta.dirname, '../peers');
const secret = 'a secret of the peers, of 32 characters or more';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Creates a token that the peers accept. */
export function peerToken() {
  const seconds = Math.floor(Date.now() / 1000);
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'bench', iat: seconds, exp: seconds + 86_400 })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

async function start(world, name, program, args, environment) {
  const port = await freePort();
  const env = { ...process.env, JWT_SECRET: secret, PORT: String(port), ...environment };
  const child = world.keep(new Child(name, program, args(port), { env, cwd: folder }));
  await child.listensOn(port);
  child.url = `http://127.0.0.1:${port}`;
  child.port = port;
  return child;
}

/** Starts bare Fastify and pg, the ceiling of HTTP. */
export const startBare = (world, url) =>
  start(world, 'bare', process.execPath, () => [join(folder, 'bare.mjs')], { DATABASE_URL: url });

export const startFastApi = (world, url, redisUrl = '') =>
  start(
    world,
    'fastapi',
    python,
    (port) => [
      '-m',
      'uvicorn',
      'api:app',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--no-access-log',
      '--log-level',
      'warning',
    ],
    { DATABASE_URL: url, REDIS_URL: redisUrl },
  );

/** Starts Celery. @param slots the number of concurrent tasks */
export async function startCelery(world, url, redisUrl, slots) {
  const env = { ...process.env, DATABASE_URL: url, REDIS_URL: redisUrl };
  const args = [
    '-m',
    'celery',
    '-A',
    'worker',
    'worker',
    '--concurrency',
    String(slots),
    '--loglevel',
    'INFO',
  ];
  const child = world.keep(new Child('celery', python, args, { env, cwd: folder }));
  await child.until(() => child.log.includes('ready.'));
  return child;
}

/** Starts websocketd. @param command the command whose output each client receives, a message for each line */
export const startWebsocketd = (world, ...command) =>
  start(
    world,
    'websocketd',
    'websocketd',
    (port) => ['--address=127.0.0.1', `--port=${port}`, '--loglevel=error', ...command],
    {},
  );
