import { formatDuration } from '../common/duration.js';
import { readPart } from '../attachments/attachments.queries.js';
import type { AccessibleProject } from '../projects/projects.queries.js';
import type { ExportReader, WholeTask } from './export-reader.js';
import type { ReadInTurn } from './read-in-turn.js';
import {
  earlierVersions,
  type AttachmentRow,
  type DocumentRow,
  type ExportedTaskRow,
} from './exports.queries.js';

/** Where the parts of an export come from. */
export interface ExportSource {
  project: AccessibleProject;
  reader: ExportReader;
  read: ReadInTurn;
  /** Whether the content of files is exported. */
  files: boolean;
  /** Whether the client may read what is said about the project itself, which its token may not allow. */
  showsProject: boolean;
}

/**
 * Writes a project as JSON, with one line for each label, document, task, schedule and trigger, so that a line tells what a fault of an import is about, and
 * two exports can be compared line by line.
 */
export async function* exportJson(source: ExportSource): AsyncGenerator<string> {
  const { project, reader } = source;
  const { id, key, name, description, status, visibility, settings, resource_limits, created_at } = project;
  const about = { description, status, visibility, settings, resource_limits, created_at };
  const head = { format: 'millrace', version: 1, exported_at: new Date() };
  const shown = { id, key, name, ...(source.showsProject ? about : {}) };
  yield `${JSON.stringify(head).slice(0, -1)},\n"project":`;
  yield* withAttachments(shown, await reader.attachments(id), source);
  yield ',\n"labels":[';
  yield* lines(reader.labels(), (label) => [JSON.stringify({ ...label, id: undefined })]);
  yield '],\n"documents":[';
  yield* lines(reader.documents(), (document) => documentPieces(document, source));
  yield '],\n"tasks":[';
  yield* lines(reader.wholeTasks(), (whole) => taskPieces(whole, source));
  yield '],\n"schedules":[';
  yield* lines(reader.schedules(), (schedule) => [JSON.stringify(schedule)]);
  yield '],\n"triggers":[';
  yield* lines(reader.triggers(), (trigger) => [JSON.stringify(trigger)]);
  yield ']}\n';
}

type Pieces = Iterable<string> | AsyncIterable<string>;

/** Writes each item on a line of its own. */
async function* lines<T>(items: AsyncIterable<T>, piecesOf: (item: T) => Pieces): AsyncGenerator<string> {
  let before = '\n';
  for await (const item of items) {
    yield before;
    yield* piecesOf(item);
    before = ',\n';
  }
  if (before === ',\n') yield '\n';
}

/** Writes a list in which each item is written in pieces. */
async function* list<T>(items: readonly T[], piecesOf: (item: T) => Pieces): AsyncGenerator<string> {
  for (const [index, item] of items.entries()) {
    yield index === 0 ? '[' : ',';
    yield* piecesOf(item);
  }
  yield items.length === 0 ? '[]' : ']';
}

async function* taskPieces(
  { task, checklist, comments, plans, attachments }: WholeTask,
  source: ExportSource,
): AsyncGenerator<string> {
  const whole = {
    ...exportedTask(task),
    checklist: checklist.map((item) => ({ ...item, task_id: undefined })),
    comments: comments.map((comment) => ({ ...comment, task_id: undefined })),
  };
  yield `${JSON.stringify(whole).slice(0, -1)},"plans":`;
  yield* list(plans, (plan) => documentPieces(plan, source));
  yield* attached(attachments, source);
}

async function* documentPieces(document: DocumentRow, source: ExportSource): AsyncGenerator<string> {
  const { kind, tags, change_note } = document;
  const own = kind === 'memory' ? { tags } : { change_note };
  const { id, title, body, version, created_by, created_at, updated_at } = document;
  const shown = { id, kind, title, body, ...own, version, created_by, created_at, updated_at };
  yield JSON.stringify(shown).slice(0, -1);
  if (kind !== 'memory') {
    yield ',"earlier_versions":[';
    yield* versionPieces(document, source);
    yield ']';
  }
  yield* attached(await source.reader.attachments(id), source);
}

async function* versionPieces(document: DocumentRow, { read }: ExportSource): AsyncGenerator<string> {
  let before = '';
  for (let after = 0; ;) {
    const last = after;
    const versions = await read((db) => earlierVersions(db, document, last));
    if (versions.length === 0) return;
    for (const version of versions) {
      yield before + JSON.stringify(version);
      before = ',';
    }
    after = versions.at(-1)!.version;
  }
}

async function* withAttachments(
  shown: object,
  attachments: AttachmentRow[],
  source: ExportSource,
): AsyncGenerator<string> {
  yield JSON.stringify(shown).slice(0, -1);
  yield* attached(attachments, source);
}

/** Writes the attachments of an object as its last field, and its end. */
async function* attached(attachments: AttachmentRow[], source: ExportSource): AsyncGenerator<string> {
  yield ',"attachments":';
  yield* list(attachments, (attachment) => attachmentPieces(attachment, source));
  yield '}';
}

async function* attachmentPieces(
  { id, name, url, media_type, size, sha256, created_by, created_at }: AttachmentRow,
  { read, files }: ExportSource,
): AsyncGenerator<string> {
  const content = url === null ? { media_type, size, sha256 } : { url };
  const json = JSON.stringify({ name, ...content, created_by, created_at });
  if (url !== null || !files) return yield json;
  yield `${json.slice(0, -1)},"content":"`;
  // three bytes are four characters, so that what is left of a part goes with the next one
  let rest = Buffer.alloc(0);
  for (let part = 0; ; part += 1) {
    const number = part;
    const content = await read((db) => readPart(db, id, number));
    if (!content) break;
    const bytes = Buffer.concat([rest, content]);
    const whole = bytes.length - (bytes.length % 3);
    yield bytes.toString('base64', 0, whole);
    rest = bytes.subarray(whole);
  }
  yield `${rest.toString('base64')}"}`;
}

/** The fields of a task in the order in which they are written. */
function exportedTask(task: ExportedTaskRow) {
  return {
    id: task.id,
    ref: task.ref,
    external_ref: task.external_ref,
    title: task.title,
    description: task.description,
    type: task.type,
    status: task.status,
    planned: task.planned,
    blocker: task.blocker,
    priority: task.priority,
    progress_percentage: task.progress_percentage,
    due_at: typeof task.due_at === 'number' ? null : task.due_at,
    parent: task.parent,
    dependencies: task.dependencies,
    former_refs: task.former_refs,
    assigned_to: task.assigned_to,
    created_by: task.created_by,
    tags: task.tags,
    metadata: task.metadata,
    result: task.result,
    source: task.source,
    project_path: task.project_path,
    estimated_duration: formatDuration(task.estimated_duration),
    actual_duration: formatDuration(task.actual_duration),
    command: task.command,
    shell: task.shell,
    working_directory: task.working_directory,
    environment: task.environment,
    timeout: task.timeout,
    retry_attempts: task.retry_attempts,
    limits: task.limits,
    final_exit_codes: task.final_exit_codes,
    artifacts: task.artifacts,
    inputs: task.inputs,
    concurrency: task.concurrency,
    runs_on: task.runs_on,
    draft: task.is_draft,
    archived: task.archived_at !== null,
    archived_at: task.archived_at,
    created_at: task.created_at,
    updated_at: task.updated_at,
    started_at: task.started_at,
    completed_at: task.completed_at,
  };
}
