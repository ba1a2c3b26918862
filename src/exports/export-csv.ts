import { stringify } from 'csv-stringify/sync';
import { formatDuration } from '../common/duration.js';
import { backgroundTurn } from '../common/background-turns.js';
import type { ExportReader } from './export-reader.js';
import type { ExportedTaskRow } from './exports.queries.js';
import { fileStatusOf, withQuote } from './file-words.js';

type Cell = (task: ExportedTaskRow) => string | number | boolean | Date | null;

/** The columns of a CSV file. */
const cells: Record<string, Cell> = {
  ref: ({ ref }) => ref,
  external_ref: (task) => text(task.external_ref),
  title: (task) => text(task.title),
  description: (task) => text(task.description),
  type: ({ type }) => type,
  status: ({ status }) => fileStatusOf(status),
  planned: ({ planned }) => planned,
  priority: ({ priority }) => priority,
  progress_percentage: (task) => task.progress_percentage,
  due_at: ({ due_at }) => (typeof due_at === 'number' ? null : due_at),
  assigned_to: (task) => text(task.assigned_to),
  tags: ({ tags }) => text(tags.join(',')),
  blocker: (task) => text(task.blocker),
  parent: ({ parent }) => parent,
  dependencies: ({ dependencies }) => dependencies.join(','),
  result: (task) => text(task.result),
  source: (task) => text(task.source),
  project_path: (task) => text(task.project_path),
  estimated_duration: (task) => formatDuration(task.estimated_duration),
  command: (task) => text(task.command),
  working_directory: (task) => text(task.working_directory),
  environment: ({ environment }) => jsonOf(environment),
  timeout: ({ timeout }) => timeout,
  retry_attempts: (task) => task.retry_attempts,
  metadata: ({ metadata }) => jsonOf(metadata),
  draft: (task) => task.is_draft,
  archived: (task) => task.archived_at !== null,
  created_by: (task) => text(task.created_by),
  created_at: (task) => task.created_at,
  updated_at: (task) => task.updated_at,
  completed_at: (task) => task.completed_at,
};

const text = (value: string | null) => (value === null ? null : withQuote(value));
const jsonOf = (value: object) => (Object.keys(value).length === 0 ? null : JSON.stringify(value));

/** How records are written: as RFC 4180 says, with times and flags as the API has them. */
const format = {
  record_delimiter: '\r\n',
  // the library quotes the delimiter of records as a whole only
  quoted_match: /[\r\n]/,
  cast: { date: (date: Date) => date.toISOString(), boolean: String },
} as const;

/** Writes a header and a record for each task (RFC 4180). */
export async function* exportCsv(reader: ExportReader): AsyncGenerator<string> {
  const columns = Object.values(cells);
  yield stringify([Object.keys(cells)], format);
  for await (const tasks of reader.tasks()) {
    await backgroundTurn();
    yield stringify(
      tasks.map((task) => columns.map((cell) => cell(task))),
      format,
    );
  }
}
