/**
 * Statements that leave in one packet cannot see each other's results in this process, and to wait for one would hold its locks over a round
 * trip. So the first one of a transaction keeps the ids of what it has chosen in a setting, and those behind it write nothing else.
 */
const setting = 'millrace.chosen';

/** Builds an SQL expression that keeps ids until the end of the transaction. @param ids an expression for an array of them */
export const keepChosen = (ids: string): string => `set_config('${setting}', (${ids})::text, true)`;

/**
 * Builds a join with what a statement before has chosen, in the same transaction. It is no condition, since the planner would take it for one
 * that a single row fulfils, and go through all rows for each row of a batch then.
 */
export const joinChosen = (id: string): string =>
  `JOIN unnest(current_setting('${setting}')::uuid[]) AS chosen (id) ON chosen.id = ${id}`;
