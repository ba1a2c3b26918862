import type { TaskStatus } from '../tasks/task.entity.js';

/** The words of files for the state of a task, as other backlogs have them, too. */
export const fileStatuses = ['todo', 'doing', 'done', 'cancelled'] as const;
export type FileStatus = (typeof fileStatuses)[number];

const wordOf: Record<TaskStatus, FileStatus> = {
  pending: 'todo',
  queued: 'todo',
  running: 'doing',
  failed: 'doing',
  completed: 'done',
  cancelled: 'cancelled',
};

export const fileStatusOf = (status: TaskStatus): FileStatus => wordOf[status];

/** The statuses that a word of files stands for. */
export const statusesOf = (word: FileStatus): TaskStatus[] =>
  (Object.keys(wordOf) as TaskStatus[]).filter((status) => wordOf[status] === word);

/** What a spreadsheet would take for a formula, and a text that looks like one in quotes. */
const looksLikeFormula = /^'*[=+\-@\t\r]/;

/**
 * Protects a text in a CSV file with a quotation mark, since a spreadsheet computes what begins with `=` and the like, which can send what
 * else is in the file elsewhere (OWASP, CSV Injection).
 */
export const withQuote = (text: string): string => (looksLikeFormula.test(text) ? `'${text}` : text);

/** Removes the protection of `withQuote`. */
export const withoutQuote = (text: string): string =>
  text.startsWith("'") && looksLikeFormula.test(text) ? text.slice(1) : text;
