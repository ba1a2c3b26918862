import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { Child, freePort } from './child.mjs';
import { python } from './programs.mjs';

const folder = join(import.meta.dirname, '../peers');
const secret = 'a secret of the peers, of 32 characters or more';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token that the peers take. */
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

/** The ceiling of HTTP. */
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

/** @param slots tasks at once */
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

/** @param command what a client that connects is sent the output of, a message a line */
export const startWebsocketd = (world, ...command) =>
  start(
    world,
    'websocketd',
    'websocketd',
    (port) => ['--address=127.0.0.1', `--port=${port}`, '--loglevel=error', ...command],
    {},
  );
