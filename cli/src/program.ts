import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { exitCodes } from './cli-error.js';
import { addActivity } from './commands/activity.js';
import { addAgents } from './commands/agents.js';
import { addAttachments } from './commands/attachments.js';
import { addBacklog } from './commands/backlog.js';
import { addBackup } from './commands/backup.js';
import { addClaim } from './commands/claim.js';
import { addCompletion } from './commands/completion.js';
import { addConfig } from './commands/config.js';
import { addDoctor } from './commands/doctor.js';
import { addDocuments } from './commands/documents.js';
import { addEvents } from './commands/events.js';
import { addExecutions } from './commands/executions.js';
import { addKeys } from './commands/keys.js';
import { addLabels } from './commands/labels.js';
import { addLogin } from './commands/login.js';
import { addMcp } from './commands/mcp.js';
import { addProjects } from './commands/projects.js';
import { addQueues } from './commands/queues.js';
import { addWorkers } from './commands/workers.js';
import { addRun } from './commands/run.js';
import { addSchedules } from './commands/schedules.js';
import { addTriggers } from './commands/triggers.js';
import { addServer } from './commands/server.js';
import { addStatus } from './commands/status.js';
import { addNotes } from './commands/notes.js';
import { addTasks } from './commands/tasks.js';
import { addTokens } from './commands/tokens.js';
import { addTransfer } from './commands/transfer.js';
import { addUsers } from './commands/users.js';
import { addWebhooks } from './commands/webhooks.js';
import { explain } from './explain.js';
import { escapedJson, harmless } from './terminal.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/**
 * Runs a command line, and sets the exit code of the process.
 * @param args the words behind the name of the program
 */
export async function run(args: readonly string[]): Promise<void> {
  const program = createProgram();
  for (const add of [addLogin, addStatus, addConfig, addProjects, addTasks, addNotes, addRun, addQueues])
    add(program);
  for (const add of [
    addWorkers,
    addLabels,
    addDocuments,
    addAttachments,
    addExecutions,
    addTransfer,
    addAgents,
    addKeys,
    addActivity,
    addEvents,
    addBacklog,
    addClaim,
    addMcp,
    addWebhooks,
    addTokens,
    addUsers,
    addDoctor,
    addBackup,
    addSchedules,
    addTriggers,
    addServer,
    addCompletion,
  ])
    add(program);
  shareOptions(program, program);
  let json = args[0] === '--json';
  program.hook('preAction', (_program, action) => {
    json = action.optsWithGlobals<{ json?: boolean }>().json ?? false;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = fail(error, json);
  }
}

function createProgram(): Command {
  return new Command('millrace')
    .description('Run commands and tasks on a Millrace server, and see their output live.')
    .version(version)
    .option('--json', 'answer in JSON, for scripts')
    .option('--profile <name>', 'another profile than the usual one')
    .option('--url <url>', 'where the API is; http://localhost:8000/api unless set')
    .option('--token <token>', 'a personal access token; better kept in API_TOKEN, which others cannot see')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .showHelpAfterError('See: millrace --help')
    .exitOverride()
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 failed, 2 wrongly used, 3 not signed in or not allowed, 4 not found, 5 no server; "run" and --follow end as the
command does, with 125 when it could not be run and 130 after Ctrl-C.

Examples:
  millrace login
  millrace run 'make test'
  millrace tasks create "Build it" --project SHOP --command 'make'
  millrace tasks execute SHOP-1 --follow`,
    );
}

/** Prints an error in one line with a hint. @returns the exit code */
function fail(error: unknown, json: boolean): number {
  // the parser has printed its own errors
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const { exitCode, ...explanation } = explain(error);
  if (json) process.stderr.write(`${escapedJson({ error: explanation })}\n`);
  else
    process.stderr.write(
      // the message may name what somebody else has written
      harmless(
        `millrace: ${explanation.message}\n${explanation.hint === undefined ? '' : `  ${explanation.hint}\n`}`,
      ),
    );
  return exitCode;
}

/** Hides the global options in the help of each command, which accepts them, too. */
function shareOptions(program: Command, parent: Command): void {
  for (const command of parent.commands) {
    for (const { flags, description } of program.options)
      if (!flags.includes('--version')) command.addOption(new Option(flags, description).hideHelp());
    shareOptions(program, command);
  }
}
