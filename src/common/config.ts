import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { supervisedVariable, type CommandUsers } from '../launcher/policy.js';
import { byteSizeSchema, parseBytes } from './bytes.js';
import { readEnvironment, SecretFileError } from './environment.js';
import { workerLabelsSchema } from './worker-labels.js';
import { defaultsWithin, processLimitsSchema } from './run-limits.js';

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'], 'must be true or false')
    .transform((value) => value === 'true' || value === '1')
    .default(fallback);
const seconds = (fallback: number, least: number, most: number) =>
  z.coerce.number('must be a number of seconds').min(least).max(most).default(fallback);
const days = (fallback: number) =>
  z.coerce.number('must be a number of days').int().min(1).max(3650).default(fallback);
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    );
const userName = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a user name');
const size = (fallback: string) =>
  byteSizeSchema.default(fallback).transform((text) => parseBytes(text) ?? 0);
const processLimits = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('must be JSON');
        return z.NEVER;
      }
    })
    .pipe(processLimitsSchema);
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );

const environmentSchema = z.object({
  PORT: z.coerce.number('must be a port number').int().min(0).max(65_535).default(8000),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.data')
    .transform((path) => resolve(path)),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(16),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  JWT_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  SECRETS_KEY: z.string().min(32, 'must have at least 32 characters').optional(),
  SECRETS_KEY_PREVIOUS: z.string().min(32, 'must have at least 32 characters').optional(),
  ACCESS_TOKEN_SECONDS: seconds(3600, 1, 86_400),
  REFRESH_TOKEN_SECONDS: seconds(30 * 86_400, 60, 366 * 86_400),
  ADMIN_USERNAME: z
    .string()
    .regex(/^[A-Za-z0-9._-]{3,64}$/, 'must be 3 to 64 of A-Z a-z 0-9 . _ -')
    .default('admin'),
  ADMIN_PASSWORD: z.string().min(8, 'must have at least 8 characters').max(256).optional(),
  ADMIN_EMAIL: z.email('must be an e-mail address').default('admin@localhost.localdomain'),
  NODE_ENV: z.string().max(64).default('production'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_REQUESTS: z.enum(['all', 'failed', 'none']).default('all'),
  METRICS_TOKEN: z.string().min(32, 'must have at least 32 characters').optional(),
  METRICS_PORT: z.coerce.number('must be a port number').int().min(1).max(65_535).optional(),
  METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  RATE_LIMIT_ENABLED: flag(true),
  MAX_CONNECTIONS: z.coerce.number('must be a number').int().min(1).max(1_000_000).default(10_000),
  MAX_CONNECTIONS_PER_NETWORK: z.coerce.number('must be a number').int().min(1).max(1_000_000).optional(),
  WEBHOOK_ALLOW_PRIVATE: flag(false),
  WORKSPACE_ROOT: z
    .string()
    .min(1)
    .optional()
    .transform((path) => (path === undefined ? undefined : resolve(path))),
  COMMAND_USER: userName.default('millrace-run'),
  SERVICE_USER: userName.default('millrace'),
  COMMAND_UIDS: z
    .string()
    .regex(/^\d{4,10}-\d{4,10}$/, 'must be a range of user ids, such as 100000-199999')
    .optional(),
  COMMAND_MAX_PROCESSES: z.coerce.number('must be a number').int().min(16).max(1_000_000).default(2048),
  EXECUTOR_ISOLATION: z
    .enum(['auto', 'bubblewrap', 'none'], 'must be auto, bubblewrap or none')
    .default('auto'),
  ALLOW_UNISOLATED_SECRETS: flag(false),
  EXECUTOR_READABLE_PATHS: list.refine(
    (paths) => paths.every((path) => path.startsWith('/') && path !== '/'),
    'must be absolute paths with commas between them',
  ),
  EXECUTOR_TMP_SIZE: byteSizeSchema.default('1GB'),
  WORKER_CONCURRENCY: z.coerce.number('must be a number').int().min(1).max(256).default(8),
  WORKER_LABELS: workerLabelsSchema,
  LEASE_SECONDS: seconds(15, 2, 600),
  GRACE_SECONDS: seconds(10, 0, 600),
  DRAIN_SECONDS: seconds(0, 0, 600),
  CANCEL_GRACE_SECONDS: seconds(5, 0, 600),
  COMMAND_TIMEOUT_SECONDS: seconds(3600, 1, 20 * 86_400),
  COMMAND_TIMEOUT_MAX_SECONDS: seconds(86_400, 1, 20 * 86_400),
  ACTIVITY_RETENTION_DAYS: days(365),
  DELIVERY_RETENTION_DAYS: days(30),
  SESSION_RETENTION_DAYS: days(90),
  IDEMPOTENCY_RETENTION_HOURS: z.coerce.number('must be a number of hours').min(1).max(8760).default(24),
  HOUSEKEEPING_SECONDS: seconds(600, 1, 86_400),
  OUTPUT_MAX_SIZE: byteSizeSchema
    .default('10GB')
    .transform((text) => parseBytes(text) ?? 0)
    .pipe(z.number().min(1024, 'must be at least 1KB')),
  OUTPUT_RETENTION_DAYS: z.coerce.number('must be a number of days').int().min(0).max(3650).default(90),
  WEBHOOK_DISABLE_AFTER_DAYS: z.coerce.number('must be a number of days').min(0).max(365).default(5),
  QUEUE_LIMIT: z.coerce.number().int().min(1).max(10_000_000).default(100_000),
  MAX_PROJECTS_PER_USER: z.coerce.number('must be a number').int().min(1).max(1_000_000).default(1000),
  MAX_PROJECT_TASKS: z.coerce.number('must be a number').int().min(1).default(100_000),
  MAX_PROJECT_CONCURRENT_TASKS: z.coerce.number('must be a number').int().min(1).default(100),
  MAX_PROJECT_STORAGE: size('100GB'),
  MAX_USER_STORAGE: size('10GB'),
  MAX_RUN_LIMITS: processLimits('{}'),
  DEFAULT_RUN_LIMITS: processLimits(
    '{"memory":"8GB","file_size":"50GB","open_files":65536,"processes":4096}',
  ),
  MAX_RUNNING_PER_USER: z.coerce.number('must be a number').int().min(1).max(100_000).optional(),
  MAX_QUEUED_PER_USER: z.coerce.number('must be a number').int().min(1).max(10_000_000).optional(),
  CORS_ORIGINS: list,
  TRUST_PROXY: list,
});

/** The environment schema with the rule that metrics which other hosts can reach need a token. */
const guarded = environmentSchema.refine(
  ({ METRICS_PORT, METRICS_TOKEN, METRICS_HOST }) =>
    METRICS_PORT === undefined || METRICS_TOKEN !== undefined || loopback.test(METRICS_HOST),
  { path: ['METRICS_TOKEN'], message: 'must be set when METRICS_HOST is not a loopback address' },
);
const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

export type Environment = z.output<typeof environmentSchema>;

/** The validated settings of this process. */
export interface Config extends Environment {
  /** True when processes share their bus, queue and limits through Redis. */
  distributed: boolean;
  hostname: string;
  /** The users as whom commands run, when a supervisor that is root keeps launchers for this process. */
  commandUsers?: CommandUsers | undefined;
  /** The in-memory folder that the system provides for this user (`XDG_RUNTIME_DIR`). */
  runtimeFolder?: string | undefined;
  /** The files that secrets were read from. */
  secretFiles: string[];
  /** The `MILLRACE_LAUNCHER` of an outer Millrace, when this one was started within one of its runs. */
  outerLauncher?: string | undefined;
}

/** The configuration is invalid; the message names every variable at fault and never repeats a value. */
export class ConfigError extends Error {}

/**
 * Validates the environment.
 * @throws ConfigError that names every variable at fault and never repeats a value
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = guarded.safeParse(present);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(`The configuration is invalid:\n${faults.join('\n')}`);
  }
  const { DEFAULT_RUN_LIMITS, MAX_RUN_LIMITS } = result.data;
  return {
    ...result.data,
    DEFAULT_RUN_LIMITS: defaultsWithin(DEFAULT_RUN_LIMITS, MAX_RUN_LIMITS),
    distributed: result.data.REDIS_URL !== undefined,
    hostname: hostname(),
    secretFiles: [],
  };
}

/** Reads the configuration from the process environment, from which the secrets are removed. @throws ConfigError */
export function loadConfig(): Config {
  const { variables, secrets, secretFiles } = environmentOrFault();
  const supervised = variables[supervisedVariable];
  delete process.env[supervisedVariable];
  return {
    ...readConfig({ ...variables, ...secrets }),
    secretFiles,
    commandUsers: supervised === undefined ? undefined : (JSON.parse(supervised) as CommandUsers),
    runtimeFolder: variables['XDG_RUNTIME_DIR'] || undefined,
    outerLauncher: variables['MILLRACE_LAUNCHER'],
  };
}

function environmentOrFault(): ReturnType<typeof readEnvironment> {
  try {
    return readEnvironment();
  } catch (error) {
    throw error instanceof SecretFileError ? new ConfigError(error.message) : error;
  }
}
