import { z } from 'zod';

/** A list shows at most this many characters of a command; the detail of a task or an execution shows all of it. */
const mostListed = 1024;

/** Builds the columns `command` and `command_truncated` of a list. @param table the name or alias of the table in the statement */
export const listedCommandColumns = (table: string) =>
  `left(${table}.command, ${mostListed}) AS command, coalesce(length(${table}.command) > ${mostListed}, false) AS command_truncated`;

export const commandTruncated = z.boolean().meta({
  description: `True when \`command\` is cut to the ${mostListed} characters that a list shows`,
});

export interface WithListedCommand {
  command_truncated: boolean;
}
