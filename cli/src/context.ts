import { MillraceClient, type TokenPair } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError, exitCodes } from './cli-error.js';
import { readConfig, updateProfile, type Profile } from './config-file.js';
import { Terminal } from './terminal.js';

export const defaultUrl = 'http://localhost:8000/api';

/** The options of every command. */
export interface GlobalOptions {
  json?: boolean;
  profile?: string;
  url?: string;
  token?: string;
}

/** What a command needs: the server, the signed-in user and the terminal. */
export class Context {
  readonly terminal: Terminal;
  readonly profileName: string;
  readonly profile: Profile;
  readonly url: string;
  readonly token: string | undefined;
  private made: MillraceClient | undefined;

  constructor(
    options: GlobalOptions,
    private readonly environment = process.env,
  ) {
    const config = readConfig();
    this.terminal = new Terminal(options.json ?? false);
    this.profileName = options.profile ?? config.profile;
    const kept = config.profiles[this.profileName];
    if (options.profile !== undefined && kept === undefined && Object.keys(config.profiles).length > 0)
      this.isNewProfile = true;
    this.profile = kept ?? {};
    const own = this.profile.url ?? defaultUrl;
    this.url = (options.url ?? (environment['API_BASE_URL'] || own)).replace(/\/+$/, '');
    // a token must not be sent to another server
    const ofProfile = this.url === own.replace(/\/+$/, '') ? this.profile.token : undefined;
    this.token = options.token ?? (environment['API_TOKEN'] || undefined) ?? ofProfile;
  }

  /** The name of a profile that was requested and does not exist. */
  readonly isNewProfile: boolean = false;

  static of(command: Command): Context {
    return new Context(command.optsWithGlobals<GlobalOptions>());
  }

  /** @throws CliError when nobody is signed in */
  get client(): MillraceClient {
    if (this.token === undefined) {
      throw new CliError(`You are not signed in to ${this.url}`, {
        hint: 'Sign in with: millrace login (or set API_TOKEN)',
        exitCode: exitCodes.refused,
      });
    }
    return (this.made ??= this.connect(this.token));
  }

  /** Returns a client with another token, or none. @throws CliError when the URL is invalid */
  connect(token?: string): MillraceClient {
    if (!URL.canParse(this.url))
      throw new CliError(`"${this.url}" is no URL`, {
        hint: `Give one such as ${defaultUrl}`,
        exitCode: exitCodes.usage,
      });
    const websocketURL = this.environment['WEBSOCKET_URL'] || this.profile.websocketUrl;
    return new MillraceClient({ baseURL: this.url, token, websocketURL, onTokens: this.keep(token) });
  }

  /** Stores a renewed access token in the profile. */
  private keep(token: string | undefined): ((tokens: TokenPair) => void) | undefined {
    if (token === undefined || token !== this.profile.token) return undefined;
    return ({ accessToken }) =>
      updateProfile(this.profileName, (profile) =>
        profile.token === undefined ? profile : { ...profile, token: accessToken },
      );
  }

  /** Returns the given project, or the profile's. @throws CliError when there is neither */
  project(named: string | undefined): string {
    const project = named ?? this.profile.project;
    if (project !== undefined) return project;
    throw new CliError('Name a project with --project KEY', {
      hint: 'Or set one for good: millrace config set project KEY',
      exitCode: exitCodes.usage,
    });
  }
}
