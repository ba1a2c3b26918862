import { Child, freePort } from './child.mjs';

/** Starts a Redis with an append-only file that is synced every second, as for a queue that must survive a restart. */
export async function startRedis(folder) {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  args.push('--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction');
  const redis = new Child('redis', 'redis-server', args);
  await redis.listensOn(port);
  redis.url = `redis://127.0.0.1:${port}`;
  return redis;
}
