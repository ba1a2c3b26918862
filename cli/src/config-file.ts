import {
  chmodSync,
  closeSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from './cli-error.js';

/** A server and the sign-in there. */
export interface Profile {
  url?: string;
  websocketUrl?: string;
  token?: string;
  /** The id of the token, so that `logout` can revoke it. */
  tokenId?: string;
  /** The default project of commands. */
  project?: string;
}

export interface ConfigFile {
  /** The default profile. */
  profile: string;
  profiles: Record<string, Profile>;
}

/** The path of the settings file (XDG Base Directory Specification). */
export function configPath(environment = process.env): string {
  const home = environment['XDG_CONFIG_HOME'] || join(environment['HOME'] || homedir(), '.config');
  return join(home, 'millrace', 'config.json');
}

/** Reads the settings file. @throws CliError when it cannot be read */
export function readConfig(path = configPath()): ConfigFile {
  const empty = { profile: 'default', profiles: {} };
  try {
    const file = openSync(path, 'r');
    try {
      shutOut(file, path);
      return { ...empty, ...(JSON.parse(readFileSync(file, 'utf8')) as Partial<ConfigFile>) };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return empty;
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, { hint: 'Mend or remove it.' });
  }
}

/** Removes the permissions of other users from the file, since it holds tokens. Windows has no such modes. */
function shutOut(file: number, path: string): void {
  const mode = fstatSync(file).mode & 0o777;
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  try {
    fchmodSync(file, 0o600);
    process.stderr.write(
      `millrace: others could read ${path} (mode ${mode.toString(8)}), which holds tokens; now only you can\n`,
    );
  } catch {
    process.stderr.write(
      `millrace: others can read ${path}, which holds tokens, and only its owner can change that\n`,
    );
  }
}

/** Replaces the file atomically; only its owner may read it, since it holds tokens. */
export function writeConfig(config: ConfigFile, path = configPath()): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}

/** Changes a profile. */
export function updateProfile(name: string, change: (profile: Profile) => Profile): void {
  const config = readConfig();
  config.profiles[name] = change(config.profiles[name] ?? {});
  writeConfig(config);
}
