import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from './cli-error.js';

/** One server and who one is there. */
export interface Profile {
  url?: string;
  websocketUrl?: string;
  token?: string;
  /** Of the token, so that `logout` can revoke it. */
  tokenId?: string;
  /** Used by commands that need a project and are given none. */
  project?: string;
}

export interface ConfigFile {
  /** The profile that is used unless another is named. */
  profile: string;
  profiles: Record<string, Profile>;
}

/** Where settings are kept (XDG Base Directory Specification). */
export function configPath(environment = process.env): string {
  const home = environment['XDG_CONFIG_HOME'] || join(environment['HOME'] || homedir(), '.config');
  return join(home, 'millrace', 'config.json');
}

/** @throws CliError when it cannot be read */
export function readConfig(path = configPath()): ConfigFile {
  const empty = { profile: 'default', profiles: {} };
  try {
    return { ...empty, ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<ConfigFile>) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return empty;
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, { hint: 'Mend or remove it.' });
  }
}

/** Replaces the file in one step; nobody else may read it, since it holds tokens. */
export function writeConfig(config: ConfigFile, path = configPath()): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}

/** Changes one profile. */
export function updateProfile(name: string, change: (profile: Profile) => Profile): void {
  const config = readConfig();
  config.profiles[name] = change(config.profiles[name] ?? {});
  writeConfig(config);
}
