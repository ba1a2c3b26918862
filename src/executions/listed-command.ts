import { z } from 'zod';

/** A list shows so many characters of a command; what shows the thing itself has all of it. */
const mostListed = 1024;

/** The columns `command` and `command_truncated` of a list, for a table of that name in the statement. */
export const listedCommandColumns = (table: string) =>
  `left(${table}.command, ${mostListed}) AS command, coalesce(length(${table}.command) > ${mostListed}, false) AS command_truncated`;

export const commandTruncated = z.boolean().meta({
  description: `True when \`command\` is longer than the ${mostListed} characters that a list shows`,
});

export interface WithListedCommand {
  command_truncated: boolean;
}
