import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Variables that are passed to child processes through a pipe, so that `/proc/PID/environ` does not show them. */
export const secretVariables = [
  'DATABASE_URL',
  'REDIS_URL',
  'JWT_SECRET',
  'SECRETS_KEY',
  'SECRETS_KEY_PREVIOUS',
  'ADMIN_PASSWORD',
  'METRICS_TOKEN',
] as const;

/** A secret cannot be read; the message names the variable, never the content of the file. */
export class SecretFileError extends Error {}

/**
 * Returns the environment of this process and, separately, the secrets: those in variables, those on descriptor `MILLRACE_SECRETS_FD`,
 * which is closed, and those in the files of variables such as `JWT_SECRET_FILE`. The secrets and the names of their files are removed
 * from the environment of this process.
 * @throws SecretFileError
 */
export function readEnvironment(): {
  variables: Record<string, string>;
  secrets: Record<string, string>;
  secretFiles: string[];
} {
  const secrets: Record<string, string> = {};
  const secretFiles: string[] = [];
  for (const name of secretVariables) {
    const value = process.env[name];
    if (value !== undefined) secrets[name] = value;
    delete process.env[name];
  }
  const descriptor = process.env['MILLRACE_SECRETS_FD'];
  delete process.env['MILLRACE_SECRETS_FD'];
  if (descriptor !== undefined) {
    const text = readFileSync(Number(descriptor), 'utf8');
    // a shell may have passed a file, which could be read again through an open descriptor
    closeSync(Number(descriptor));
    for (const line of text.split('\n')) {
      const equals = line.indexOf('=');
      if (equals > 0) secrets[line.slice(0, equals)] = line.slice(equals + 1);
    }
  }
  for (const name of secretVariables) {
    const file = process.env[`${name}_FILE`];
    if (!file) continue;
    if (secrets[name]) throw new SecretFileError(`${name} and ${name}_FILE must not both be set`);
    secrets[name] = readSecret(`${name}_FILE`, file);
    secretFiles.push(resolve(file));
    delete process.env[`${name}_FILE`];
  }
  return { variables: { ...process.env } as Record<string, string>, secrets, secretFiles };
}

const READABLE_BY_OTHERS = 0o004;

/** Reads a secret's file. One that everybody may read is refused, since commands run as users of their own on this host. */
function readSecret(variable: string, path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      if ((fstatSync(fd).mode & READABLE_BY_OTHERS) !== 0)
        throw new SecretFileError(`${variable} names a file that everybody may read: chmod 400 it`);
      return readFileSync(fd, 'utf8').replace(/\r?\n$/, '');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof SecretFileError) throw error;
    throw new SecretFileError(`${variable} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}
