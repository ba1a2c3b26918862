import { Injectable } from '@nestjs/common';
import { accountOf, type Actor } from '../common/permissions.js';
import { SafetyChecks } from '../command-safety/safety-checks.js';
import { Database } from '../infra/database.js';
import type {
  Suggestion,
  SuggestionsQuery,
  ValidateCommand,
  ValidatedCommand,
} from './command-help.schema.js';
import { knownCommands } from './known-commands.js';

const mostSuggestions = 20;
/** The most suggestions from the user's history when there are enough known commands to fill the other places. */
const mostOfHistory = 10;
/** The number of the user's latest commands that suggestions are taken from. */
const historyDepth = 2_000;

@Injectable()
export class CommandHelpService {
  constructor(
    private readonly database: Database,
    private readonly safety: SafetyChecks,
  ) {}

  /** Suggests commands that begin with the prefix: known ones of the context, and the actor's own successful ones. */
  async suggest(actor: Actor, { context, prefix }: SuggestionsQuery): Promise<{ suggestions: Suggestion[] }> {
    const start = prefix.trimStart();
    const topic = context.trim().toLowerCase();
    const inContext = knownCommands.filter(({ category }) => category === topic);
    const candidates = inContext.length > 0 ? inContext : knownCommands;
    const known = candidates.filter(({ command }) => command.startsWith(start));
    const own = await this.history(actor, start);
    const fresh = own.filter(({ command }) => !known.some((suggestion) => suggestion.command === command));
    const room = mostSuggestions - Math.min(fresh.length, mostOfHistory);
    return { suggestions: [...known.slice(0, room), ...fresh].slice(0, mostSuggestions) };
  }

  /**
   * Checks whether a shell can parse a command and whether it looks safe. What is in another language is not parsed, which a warning says.
   * @throws RATE_LIMIT_EXCEEDED while too many commands of the user wait to be checked
   */
  async validate(actor: Actor, { command, shell, check_safety }: ValidateCommand): Promise<ValidatedCommand> {
    const { faults, unchecked, safe, warnings, suggestions } = await this.safety.analyse(
      accountOf(actor),
      command,
      'validate',
      { shell },
    );
    const readable = faults.length === 0;
    return {
      valid: readable && (safe || !check_safety),
      safe,
      warnings: [...faults, ...(check_safety ? warnings : []), ...unchecked],
      suggestions: [
        ...(readable ? [] : ['Check that quotes, brackets and keywords are closed']),
        ...(check_safety ? suggestions : []),
      ],
    };
  }

  private async history(actor: Actor, prefix: string): Promise<Suggestion[]> {
    const rows = await this.database.query<{ command: string; times: number }>(
      `SELECT command, count(*)::int AS times FROM (
         SELECT command, id FROM executions
          WHERE requested_by = $1 AND task_id IS NULL AND status = 'completed' ORDER BY id DESC LIMIT $3
       ) AS latest
        WHERE starts_with(command, $2) AND length(command) <= 500
        GROUP BY command ORDER BY times DESC, max(id::text) DESC LIMIT $4`,
      [actor.id, prefix, historyDepth, mostSuggestions],
    );
    return rows.map(({ command, times }) => ({
      command,
      description: times === 1 ? 'You have run this once' : `You have run this ${times} times`,
      category: 'history',
    }));
  }
}
