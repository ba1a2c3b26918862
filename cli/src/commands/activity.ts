import type { ActivityEntry } from '@millrace/sdk';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { count, named } from '../options.js';

interface Filters {
  project?: string;
  type?: string;
  entity?: string;
  actor?: string;
  action?: string;
  from?: string;
  to?: string;
  limit: number;
}

/** The most entries of an answer. */
const mostOfPage = 200;

/** Adds the command that shows who did what. */
export function addActivity(program: Command): void {
  program
    .command('activity')
    .description('show who did what, the latest first; for administrators also sign-ins, tokens and users')
    .option('-p, --project <project>', 'of this project', named)
    .option('--type <type>', 'of things of this type, such as task or project', named)
    .option('--entity <id>', 'of the thing with this id', named)
    .option('--actor <actor>', 'of the id of a user, human:bob or ai:chat-bot', named)
    .option('--action <action>', 'such as created or claimed', named)
    .option('--from <time>', 'such as 2026-11-30T08:00:00Z', named)
    .option('--to <time>', 'such as 2026-11-30T18:00:00Z', named)
    .option('-n, --limit <number>', 'at most so many', count, 50)
    .action(async (options: Filters, command: Command) => {
      const { client, terminal } = Context.of(command);
      const { project, type, entity, actor, action, from, to, limit } = options;
      const entries: ActivityEntry[] = [];
      for (let before: number | null | undefined; before !== null && entries.length < limit;) {
        const page = await client.activity.list({
          projectId: project,
          entityType: type,
          entityId: entity,
          actor,
          action,
          from,
          to,
          limit: Math.min(limit - entries.length, mostOfPage),
          before: before ?? undefined,
        });
        entries.push(...page.activity);
        before = page.nextBefore;
      }
      terminal.show(entries, () =>
        entries.length === 0
          ? 'Nothing.'
          : terminal.table(
              ['AT', 'WHO', 'WHAT', 'OF', 'NEW VALUE'],
              entries.map(({ at, actor, action, entityType, entityId, newValue }) => [
                at.slice(0, 19),
                actor.name,
                action,
                `${entityType} ${entityId}`,
                shorten(newValue),
              ]),
            ),
      );
    });
}

function shorten(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
