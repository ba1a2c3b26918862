// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  CancelCommand,
  CancelledCommand,
  CommandHistory,
  CommandStatus,
  CommandSuggestions,
  CommandsHistoryQuery,
  CommandsOutputQuery,
  CommandsSearchOutputQuery,
  CommandsStatusQuery,
  CommandsSuggestionsQuery,
  ExecuteCommand,
  ExecutedCommand,
  OutputSearch,
  RunningCommands,
  ValidateCommand,
  ValidatedCommand,
} from '../types.js';

/** Single shell commands without a task */
export class CommandsResource {
  constructor(protected readonly api: Api) {}

  /**
   * Run a command.
   * Answers when the command runs: with its process id, or after 2 s with `queued` and what it waits for. A command that has ended by then says so. With `stream_output: false` it waits for the end, at most 25 s, and answers like status. A command that looks destructive is refused (see validate). Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED, COMMAND_UNSAFE, QUEUE_FULL
   */
  execute(body: ExecuteCommand, options?: RequestOptions): Promise<ExecutedCommand> {
    return this.api.call({ method: 'POST', path: '/commands/execute', body, keep: ['environment'], options });
  }

  /**
   * List the commands you have run, the latest first.
   * Lists single commands without those of tasks. Pages are selected by `limit` and `offset`, or by `cursor`. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   */
  history(query?: CommandsHistoryQuery, options?: RequestOptions): Listing<CommandHistory, 'commands'> {
    return this.api.list({ method: 'GET', path: '/commands/history', query, options }, 'commands');
  }

  /**
   * List the commands that run now.
   * Your own, and those of tasks you may see; administrators see all. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   */
  running(options?: RequestOptions): Promise<RunningCommands> {
    return this.api.call({ method: 'GET', path: '/commands/running', options });
  }

  /**
   * Suggest commands.
   * Suggests known commands of the context that begin with the prefix, and your own successful ones; at most 20. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   */
  suggestions(query?: CommandsSuggestionsQuery, options?: RequestOptions): Promise<CommandSuggestions> {
    return this.api.call({ method: 'GET', path: '/commands/suggestions', query, options });
  }

  /**
   * Check a command without running it.
   * Reads the syntax tree of the command: through quotes, variables, substitutions, functions, pipes and programs that run others, such as sudo, env, xargs, find and bash -c. System paths, devices and the machine itself are unsafe targets. Takes 16 KiB, and a few commands of one user at a time. It is a heuristic that catches mistakes, not a sandbox: scripts in files and other languages are not read. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  validate(body: ValidateCommand, options?: RequestOptions): Promise<ValidatedCommand> {
    return this.api.call({ method: 'POST', path: '/commands/validate', body, options });
  }

  /**
   * Stop a queued or running command.
   * Responds with 200 when all processes of the command have ended, or with 202 and `cancelling` when that takes more than 10 s. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, IDEMPOTENCY_CONFLICT, COMMAND_NOT_RUNNING
   */
  cancel(commandId: string, body?: CancelCommand, options?: RequestOptions): Promise<CancelledCommand> {
    return this.api.call({
      method: 'POST',
      path: '/commands/{commandId}/cancel',
      parameters: { commandId },
      body,
      options,
    });
  }

  /**
   * Read the output of a command.
   * Raw bytes as they were written: those stored now, or with `follow=true` until the command ends. `from_offset` and `limit`, or a `Range` header with one range (answered by 206), give a part; `tail` the last lines (1 to 10000, at most 16 MiB). `stream` leaves one stream, `ansi=strip` takes out terminal control sequences. With `Accept: text/event-stream` server-sent events until the end: `data` is a frame as JSON, `id` the offset after it, so `Last-Event-ID` resumes; the id of the end is `<total>-end`, after which 204 is answered; `limit` and `ansi=strip` are refused with them. Output that was removed after its retention time is answered by 410. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * The answer is given as it comes: read its `body`, or all of it with `text()`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, OUTPUT_PRUNED, RANGE_NOT_SATISFIABLE
   */
  output(commandId: string, query?: CommandsOutputQuery, options?: RequestOptions): Promise<Response> {
    return this.api.raw({
      method: 'GET',
      path: '/commands/{commandId}/output',
      parameters: { commandId },
      query,
      options,
    });
  }

  /**
   * Search the output of a command.
   * Lines that hold a text, in the output that is stored now, with their numbers and byte offsets. An answer searches for at most 5 s; while `next_cursor` is not null there may be more. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND, OUTPUT_PRUNED
   */
  searchOutput(
    commandId: string,
    query: CommandsSearchOutputQuery,
    options?: RequestOptions,
  ): Listing<OutputSearch, 'matches'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/commands/{commandId}/output/search',
        parameters: { commandId },
        query,
        options,
      },
      'matches',
    );
  }

  /**
   * Show a command with the end of its output.
   * At most the last 256 KiB of output. Takes the id of a task execution, too. With `wait_seconds` it answers when the command has ended, when there is output beyond `after_offset`, or when the time is over. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  status(commandId: string, query?: CommandsStatusQuery, options?: RequestOptions): Promise<CommandStatus> {
    return this.api.call({
      method: 'GET',
      path: '/commands/{commandId}/status',
      parameters: { commandId },
      query,
      options,
    });
  }
}
