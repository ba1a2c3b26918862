import { CsvError, Parser } from 'csv-parse';
import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { backgroundTurn } from '../../common/background-turns.js';
import { AppError } from '../../common/errors.js';
import { withoutQuote } from '../../exports/file-words.js';
import { FileContents } from './contents.js';
import { taskEntry } from './entry.schema.js';
import { inSlices } from './in-slices.js';

/** So many bytes are parsed at a time. */
const sliceBytes = 16 * 1024;
/** The most characters of a record: the longest texts of a task, and some more. */
const mostCharacters = 1_000_000;

type Reader = (text: string) => unknown;

const asText: Reader = (text) => withoutQuote(text);
const asNumber: Reader = (text) => (/^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text);
const asFlag: Reader = (text) =>
  ({ true: true, false: false, yes: true, no: false, '1': true, '0': false })[text.trim().toLowerCase()] ??
  text;
const asList: Reader = (text) =>
  withoutQuote(text)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
const asJson: Reader = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
const asWord: Reader = (text) => text.trim().toLowerCase();

/** How each column is read. Those that say who made something and when, and the like, are left out. */
const columns: Record<string, Reader | null> = {
  ref: asText,
  external_ref: asText,
  title: asText,
  description: asText,
  type: asWord,
  status: asWord,
  planned: asFlag,
  priority: (text) => (/^\d+$/.test(text.trim()) ? asNumber(text) : asWord(text)),
  progress_percentage: asNumber,
  blocker: asText,
  due_at: (text) => text.trim(),
  parent: asText,
  dependencies: asList,
  assigned_to: asText,
  tags: asList,
  metadata: asJson,
  result: asText,
  source: asText,
  project_path: asText,
  estimated_duration: (text) => text.trim(),
  command: asText,
  working_directory: asText,
  environment: asJson,
  timeout: asNumber,
  retry_attempts: asNumber,
  draft: asFlag,
  archived: asFlag,
  created_by: null,
  created_at: null,
  updated_at: null,
  completed_at: null,
};

/** Other names of columns. */
const aliases: Record<string, string> = {
  assignee: 'assigned_to',
  due_date: 'due_at',
  labels: 'tags',
  depends_on: 'dependencies',
};

const nameOf = (header: string) => {
  const name = header
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
  return aliases[name] ?? name;
};

/** What the parser says of a record. */
interface Parsed {
  record: Record<string, string>;
  info: { lines: number };
}

/**
 * Reads a CSV file (RFC 4180) with a header of our field names; an empty cell leaves a field as it is. @throws MALFORMED_REQUEST with the
 * line, RESOURCE_LIMIT_EXCEEDED
 */
export async function readCsv(bytes: Buffer, signal?: AbortSignal): Promise<FileContents> {
  if (!isUtf8(bytes)) throw new AppError('MALFORMED_REQUEST', {}, { message: 'The file is not UTF-8' });
  const contents = new FileContents();
  const parser = new Parser({
    bom: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: mostCharacters,
    delimiter: delimiterOf(bytes),
    record_delimiter: ['\r\n', '\n'],
    columns: (names: string[]) => checkHeaders(contents, names.map(nameOf)),
  });
  try {
    for await (const { record, info } of parsed(parser, bytes, signal)) {
      if (contents.isTooFaulty) break;
      readRecord(contents, record, info.lines);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number((error as { lines?: unknown }).lines ?? 1);
    throw new AppError(
      'MALFORMED_REQUEST',
      { line, issue: error.message },
      { message: 'The file is not CSV', cause: error },
    );
  }
  return contents;
}

/** Spreadsheets separate cells with semicolons or tabs in some languages: the header tells. */
function delimiterOf(bytes: Buffer): string {
  const end = bytes.indexOf('\n');
  const header = bytes.toString('utf8', 0, Math.min(end < 0 ? bytes.length : end, 10_000));
  const count = (sign: string) => header.split(sign).length;
  return [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

/** Notes columns that are unknown or there twice. @returns the names of the columns to read */
function checkHeaders(contents: FileContents, headers: string[]): (string | false)[] {
  const seen = new Set<string>();
  return headers.map((name) => {
    const isKnown = Object.hasOwn(columns, name);
    if (!isKnown) contents.addFault(1, name.slice(0, 100), 'There is no such field of a task');
    else if (seen.has(name)) contents.addFault(1, name, 'The column is there twice');
    const isRead = isKnown && !seen.has(name);
    seen.add(name);
    return isRead ? name : false;
  });
}

/** Parses the file slice by slice; other requests are served in between. */
async function* parsed(parser: Parser, bytes: Buffer, signal?: AbortSignal): AsyncGenerator<Parsed> {
  const records: Parsed[] = [];
  let failure: unknown;
  parser.on('data', (record: Parsed) => records.push(record));
  parser.on('error', (error) => (failure = error));
  const ended = once(parser, 'end').catch(() => undefined);
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    await backgroundTurn();
    parser.write(bytes.subarray(at, at + sliceBytes));
    if (failure !== undefined) throw failure;
    // a slice of short lines has thousands of them, each of which is validated
    yield* inSlices(records.splice(0), signal);
  }
  parser.end();
  await ended;
  if (failure !== undefined) throw failure;
  yield* inSlices(records, signal);
}

function readRecord(contents: FileContents, record: Record<string, string>, line: number): void {
  const value: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(record)) {
    const read = Object.hasOwn(columns, name) ? columns[name] : null;
    if (read && text !== '') value[name] = read(text);
  }
  const entry = contents.check(taskEntry, line, value);
  if (entry) contents.addTask(line, entry, record);
}
