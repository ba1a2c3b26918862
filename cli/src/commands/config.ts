import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { configPath, readConfig, updateProfile, writeConfig } from '../config-file.js';
import { Context } from '../context.js';
import { named } from '../options.js';

const keys = { url: 'url', 'websocket-url': 'websocketUrl', project: 'project' } as const;

export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('profiles and their defaults')
    .addHelpText(
      'after',
      `
Settings of a profile: url (of the API), websocket-url, project (used where --project is not given).
What is in the environment wins: API_BASE_URL, API_TOKEN, WEBSOCKET_URL; options win over both.

Examples:
  millrace config set project SHOP
  millrace config set url https://millrace.example.com/api --profile work
  millrace config use work`,
    );

  config
    .command('list', { isDefault: true })
    .description('show the profiles; tokens are not shown')
    .action((_options: object, command: Command) => {
      const { terminal, profileName } = Context.of(command);
      const { profiles } = readConfig();
      const shown = Object.entries(profiles).map(([name, { token, ...profile }]) => ({
        name,
        inUse: name === profileName,
        ...profile,
        signedIn: token !== undefined,
      }));
      terminal.show({ path: configPath(), profiles: shown }, () =>
        terminal.table(
          ['', 'PROFILE', 'URL', 'PROJECT', 'SIGNED IN'],
          shown.map(({ name, inUse, url, project, signedIn }) => [
            inUse ? '*' : ' ',
            name,
            url,
            project,
            signedIn ? 'yes' : 'no',
          ]),
        ),
      );
    });

  config
    .command('set')
    .description('change a setting of the profile')
    .argument('<key>', Object.keys(keys).join(', '))
    .argument('<value>', 'of the setting', named)
    .action((key: string, value: string, _options: object, command: Command) => {
      const name = keyOf(key);
      if (key !== 'project' && !URL.canParse(value))
        throw new CliError(`${value} is no URL`, { exitCode: exitCodes.usage });
      const { profileName } = Context.of(command);
      updateProfile(profileName, (profile) => ({ ...profile, [name]: value }));
    });

  config
    .command('unset')
    .description('forget a setting of the profile')
    .argument('<key>', Object.keys(keys).join(', '))
    .action((key: string, _options: object, command: Command) => {
      const name = keyOf(key);
      updateProfile(Context.of(command).profileName, ({ [name]: _gone, ...profile }) => profile);
    });

  config
    .command('use')
    .description('make a profile the one that is used')
    .argument('<profile>')
    .action((profile: string) => {
      const present = readConfig();
      if (present.profiles[profile] === undefined)
        throw new CliError(`There is no profile ${profile}`, {
          hint: `Make it with: millrace login --profile ${profile}`,
          exitCode: exitCodes.notFound,
        });
      writeConfig({ ...present, profile });
    });
}

function keyOf(key: string): (typeof keys)[keyof typeof keys] {
  const name = (keys as Partial<Record<string, (typeof keys)[keyof typeof keys]>>)[key];
  if (name !== undefined) return name;
  throw new CliError(`There is no setting ${key}`, {
    hint: `There are: ${Object.keys(keys).join(', ')}`,
    exitCode: exitCodes.usage,
  });
}
