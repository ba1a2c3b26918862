import type { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.js';
import { Context } from '../context.js';

/** Adds the command that serves the Model Context Protocol to an agent which starts it. */
export function addMcp(program: Command): void {
  program
    .command('mcp')
    .description('serve agents by the Model Context Protocol, on stdin and stdout')
    .addHelpText(
      'after',
      `
The tools are those of the server, which is asked for each message. Give the agent a key of its own:

  {
    "mcpServers": {
      "millrace": {
        "command": "millrace",
        "args": ["mcp"],
        "env": { "API_BASE_URL": "http://localhost:8000/api", "API_TOKEN": "mlr_key_…" }
      }
    }
  }`,
    )
    .action(async (_options: object, command: Command) => {
      const context = Context.of(command);
      if (context.token === undefined)
        throw new CliError('There is no token', {
          hint: 'Set API_TOKEN to a key of the agent: millrace agents keys create --help',
          exitCode: exitCodes.refused,
        });
      // loaded by this command alone, since it takes longer than most others
      const { relayMessages } = await import('../mcp-relay.js');
      await relayMessages(endpointOf(context.url), context.token);
    });
}

/** The endpoint of a server whose API has this URL. @throws CliError */
function endpointOf(url: string): URL {
  if (!URL.canParse(url)) throw new CliError(`"${url}" is no URL`, { exitCode: exitCodes.usage });
  return new URL(`${url.replace(/\/api$/, '')}/mcp`);
}
