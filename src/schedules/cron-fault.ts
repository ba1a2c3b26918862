import { CronExpression, CronFault } from './cron-expression.js';

/** Any moment: an expression that has no time in the years after it never has one. */
const someYear = Date.UTC(2026, 0, 1);

/** Explains what is wrong with a cron expression. @returns undefined when nothing is */
export function cronFault(text: string): string | undefined {
  try {
    return new CronExpression(text).nextWall(someYear) === undefined
      ? 'It never fires: there is no such day'
      : undefined;
  } catch (error) {
    if (error instanceof CronFault) return error.message;
    throw error;
  }
}
