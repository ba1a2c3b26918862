import { hostname } from 'node:os';
import { isApiError, type PersonalAccessTokenWithSecret, type TokenScope } from '@millrace/sdk';
import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { updateProfile } from '../config-file.js';
import { Context } from '../context.js';
import { ask, readAll } from '../prompt.js';

/** The scopes of a token, by the permission that its user must have. */
const scopes: Record<string, TokenScope[]> = {
  read: ['tasks.read', 'projects.read', 'profile.write', 'tokens.manage'],
  write: ['tasks.write', 'projects.write', 'webhooks.manage'],
  execute: ['execute'],
  admin: ['admin'],
};
const dayMs = 86_400_000;

interface LoginOptions {
  username?: string;
  passwordStdin?: boolean;
  days: string;
}

export function addLogin(program: Command): void {
  program
    .command('login')
    .description('sign in, and keep a personal access token for this profile')
    .option('-u, --username <name>', 'asked for unless given')
    .option('--password-stdin', 'read the password from standard input')
    .option('--days <number>', 'how long the token is to last', '90')
    .addHelpText(
      'after',
      `
The password is used once and not kept. What is kept is a token of its own, readable by you alone, which "millrace logout" revokes.
With --token (or a token made in another way) it is checked and kept.

Examples:
  millrace login -u ada
  millrace login --profile work --url https://millrace.example.com/api
  millrace login --token mlr_pat_…`,
    )
    .action(async (options: LoginOptions, command: Command) => {
      const context = Context.of(command);
      const given = command.optsWithGlobals<{ token?: string }>().token;
      const kept = given === undefined ? await signIn(context, options) : { token: given };
      const { username, role } = await context.connect(kept.token).users.getProfile();
      updateProfile(context.profileName, (profile) => ({ ...profile, ...kept, url: context.url }));
      context.terminal.show(
        { profile: context.profileName, url: context.url, username, role },
        () => `Signed in to ${context.url} as ${username} (${role})`,
      );
    });

  program
    .command('logout')
    .description('revoke the token of this profile and forget it')
    .action(async (_options: object, command: Command) => {
      const context = Context.of(command);
      const { token, tokenId } = context.profile;
      if (token === undefined) throw new CliError('You are not signed in', { exitCode: exitCodes.refused });
      updateProfile(context.profileName, ({ token: _token, tokenId: _id, ...profile }) => profile);
      const client = context.connect(token);
      // an access token given with --token has a session to end; a personal token that the user made is not revoked
      if (tokenId !== undefined) await client.personalAccessTokens.revoke(tokenId).catch(ignoreEnded);
      else if (token.split('.').length === 3) await client.logout().catch(ignoreEnded);
      context.terminal.show({ profile: context.profileName }, () => 'Signed out');
    });
}

/** Whether an error means that the token was revoked before, or has expired. */
function ignoreEnded(error: unknown): void {
  if (!isApiError(error, 'AUTH_TOKEN_INVALID', 'RESOURCE_NOT_FOUND')) throw error;
}

async function signIn(context: Context, options: LoginOptions): Promise<{ token: string; tokenId: string }> {
  const username = options.username ?? (await ask('Username: '));
  const password = options.passwordStdin ? await readAll() : await ask('Password: ', { hidden: true });
  const client = context.connect();
  const { user } = await client.login({ username, password });
  try {
    const days = Number(options.days);
    if (!(days > 0)) throw new CliError('--days must be a number above 0', { exitCode: exitCodes.usage });
    const made: PersonalAccessTokenWithSecret = await client.personalAccessTokens.create({
      label: `millrace on ${hostname()}`.slice(0, 100),
      scopes: user.permissions.flatMap((permission) => scopes[permission] ?? []),
      expiresAt: new Date(Date.now() + days * dayMs).toISOString(),
    });
    return { token: made.token, tokenId: made.id };
  } finally {
    // the session was only needed to create the token
    await client.logout().catch(ignoreEnded);
  }
}
