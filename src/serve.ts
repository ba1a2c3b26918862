import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { FirstAdministrator } from './auth/first-administrator.js';
import { ConfigError, loadConfig, type Config } from './common/config.js';
import { checkReadablePaths } from './executor/readable-paths.js';
import { workspaceRoot } from './executor/workspace.js';
import { listenOnBothLoopbacks } from './http/loopback.js';
import { measureProcess } from './common/metrics.js';
import { createLogger, NestLog, type Logger } from './common/logger.js';
import { Infrastructure, type Role } from './infra/infrastructure.js';
import { createServer } from './server.js';
import { onNpmExit } from './supervisor/npm-exit.js';
import { endWithSupervisor } from './supervisor/supervised.js';

const roles: readonly string[] = ['all', 'api', 'worker'] satisfies Role[];

async function run(): Promise<void> {
  const role = (process.argv[2] ?? 'all') as Role;
  if (!roles.includes(role)) throw new ConfigError(`Unknown role ${role}: use all, api or worker`);
  const config = loadConfig();
  await checkReadablePaths(config, workspaceRoot(config));
  if (role !== 'all' && !config.distributed)
    throw new ConfigError(
      `The role ${role} needs a REDIS_URL: without Redis one process, of the role all, does everything`,
    );
  const logger = createLogger(config.LOG_LEVEL, role);
  logFaults(logger);
  measureProcess(role);
  if (config.commandUsers) endWithSupervisor();
  const stopping = new AbortController();
  // a second signal does not force the end, since draining has its own time limit
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  // with a supervisor, npm is the parent of the supervisor and not of this process
  if (!config.commandUsers) onNpmExit(() => stopping.abort());

  const started = endStuckStart(stopping.signal, logger);
  const infrastructure = await Infrastructure.start(config, logger, role);
  let app: INestApplicationContext | undefined;
  try {
    if (!stopping.signal.aborted) app = await start(infrastructure);
    started();
    if (!stopping.signal.aborted)
      await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve));
    infrastructure.drain();
    logger.info('draining');
    // a load balancer needs time to notice that this process is not ready any more
    if (role !== 'worker') await delay(config.DRAIN_SECONDS * 1000);
  } finally {
    await Promise.all([app?.close(), ...closing.map((close) => close())]);
    await infrastructure.stop();
  }
  logger.info('stopped');
  process.exit(0);
}

/** How long a start may go on after a signal. Container engines kill a process 10 s after the signal or later. */
const startGraceMs = 9_000;

/**
 * Ends this process when a start goes on for too long after a signal, since what it waits for may never come. An embedded Postgres is
 * left running, and the next start adopts it.
 * @returns a function to call when the start is done
 */
function endStuckStart(stopping: AbortSignal, logger: Logger): () => void {
  let isStarted = false;
  stopping.addEventListener('abort', () => {
    setTimeout(() => {
      if (isStarted) return;
      logger.error('the start did not end in time after a signal');
      process.exit(1);
    }, startGraceMs).unref();
  });
  return () => (isStarted = true);
}

/** Functions that close what the application does not close by itself. */
const closing: (() => Promise<void>)[] = [];

async function start(infrastructure: Infrastructure): Promise<INestApplicationContext> {
  const { role, config, logger } = infrastructure;
  if (role === 'worker') {
    const context = await NestFactory.createApplicationContext(AppModule.for(infrastructure), {
      logger: new NestLog(logger),
      abortOnError: false,
    });
    logger.info('the worker takes work');
    return context;
  }
  const app = await createServer(infrastructure);
  const credentials = await app.get(FirstAdministrator).ensure();
  await app.listen(config.PORT, config.HOST);
  const other = await listenOnBothLoopbacks(app.getHttpServer());
  // closing the application does not close the second listener
  if (other) closing.push(() => new Promise((resolve) => other.close(() => resolve())));
  greet(app, config, credentials);
  return app;
}

/** Prints the addresses, and the password of the administrator if it was generated. */
function greet(
  app: NestFastifyApplication,
  config: Config,
  credentials: { username: string; password: string } | undefined,
): void {
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : config.PORT;
  const host = config.HOST === '127.0.0.1' || config.HOST === '0.0.0.0' ? 'localhost' : config.HOST;
  const lines = [
    `Millrace serves on http://${host}:${port}`,
    `API documentation: http://${host}:${port}/docs`,
  ];
  if (credentials) {
    lines.push(
      '',
      'The administrator, shown this once:',
      `  username: ${credentials.username}`,
      `  password: ${credentials.password}`,
    );
  }
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

function logFaults(logger: Logger): void {
  process.on('unhandledRejection', (error) =>
    logger.error({ err: error }, 'a promise was rejected and nobody waited for it'),
  );
  process.on('uncaughtException', (error) => {
    // the state is unknown, so the process exits; leases and the outbox recover its work
    logger.fatal({ err: error }, 'an error that nobody caught');
    process.exit(1);
  });
}

/** Runs the server until a signal ends it. Ends the process; never throws. */
export async function serve(): Promise<void> {
  await run().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const detail = error instanceof ConfigError || !(error instanceof Error) ? '' : `\n${error.stack ?? ''}`;
    process.stderr.write(`Millrace could not start: ${message}${detail}\n`);
    process.exit(1);
  });
}
