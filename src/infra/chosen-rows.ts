/**
 * Statements that leave in one packet cannot see each other's results in this process, and to wait for one would hold its locks over a round
 * trip. So the first one of a transaction keeps the ids of what it has chosen in a setting, and those behind it write nothing else.
 */
const setting = 'millrace.chosen';

/** Builds an SQL expression that keeps ids until the end of the transaction. @param ids an expression for an array of them */
export const keepChosen = (ids: string): string => `set_config('${setting}', (${ids})::text, true)`;

/** Builds the condition that an id was chosen by a statement before, in the same transaction. */
export const isChosen = (id: string): string =>
  `${id} IN (SELECT unnest(current_setting('${setting}')::uuid[]))`;
