import { formatDuration } from '../common/duration.js';
import type { AccessibleProject } from '../projects/projects.queries.js';
import { priorityNameOf } from '../tasks/task-words.js';
import type { ExportReader, WholeTask } from './export-reader.js';
import { fileStatuses, statusesOf, type FileStatus } from './file-words.js';

const headings: Record<FileStatus, string> = {
  todo: 'To do',
  doing: 'Doing',
  done: 'Done',
  cancelled: 'Cancelled',
};

/** Writes a project to be read: its tasks by their state, each with its checklist, plans, attachments and comments, then its documents. */
export async function* exportMarkdown(
  { key, name, description }: AccessibleProject,
  reader: ExportReader,
): AsyncGenerator<string> {
  yield `# ${oneLine(name)} (${key})\n`;
  if (description !== '') yield `\n${description}\n`;
  for (const word of fileStatuses) {
    let isFirst = true;
    for await (const whole of reader.wholeTasks(statusesOf(word))) {
      if (isFirst) yield `\n## ${headings[word]}\n`;
      isFirst = false;
      yield taskText(whole);
    }
  }
  let kind = '';
  for await (const document of reader.documents()) {
    if (document.kind !== kind) yield `\n## ${document.kind === 'doc' ? 'Docs' : 'Memory'}\n`;
    ({ kind } = document);
    const tags = document.tags.length > 0 ? `Tags: ${document.tags.join(', ')}\n\n` : '';
    yield `\n### ${oneLine(document.title) || 'Note'}\n\n${tags}${document.body}\n`;
  }
}

function taskText({ task, checklist, comments, plans, attachments }: WholeTask): string {
  const { ref, title, description, result } = task;
  const facts = factsOf(task).map(([name, value]) => `- ${name}: ${oneLine(value)}\n`);
  const parts = [
    `\n### ${ref} ${oneLine(title)}\n\n${facts.join('')}`,
    description,
    checklist.map(({ done, text }) => `- [${done ? 'x' : ' '}] ${oneLine(text)}`).join('\n'),
    result === null ? '' : `**Result**\n\n${result}`,
    ...plans.map((plan) => `#### ${oneLine(plan.title)}\n\n${plan.body}`),
    attachments
      .map(({ name, url, size }) =>
        url === null ? `- ${oneLine(name)} (${size} bytes)` : `- <${url}> ${oneLine(name)}`,
      )
      .join('\n'),
    ...comments.map(
      ({ author, body, created_at }) =>
        `**${oneLine(author ?? 'Somebody')}**, ${created_at.toISOString()}:\n\n${quoted(body)}`,
    ),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function factsOf(task: WholeTask['task']): [name: string, value: string][] {
  const { type, status, priority, due_at, estimated_duration, archived_at } = task;
  const facts: [string, string | null][] = [
    ['Type', type],
    ['Status', task.is_draft ? 'draft' : status],
    ['Priority', `${priority} (${priorityNameOf(priority)})`],
    ['Due', typeof due_at === 'number' ? null : due_at.toISOString()],
    ['Assigned to', task.assigned_to],
    ['Labels', task.tags.join(', ') || null],
    ['Blocked', task.blocker],
    ['Part of', task.parent],
    ['Depends on', task.dependencies.join(', ') || null],
    ['Estimated', formatDuration(estimated_duration)],
    ['External ref', task.external_ref],
    ['Source', task.source],
    ['Path', task.project_path],
    ['Command', task.command],
    ['Archived', archived_at?.toISOString() ?? null],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

/** Joins the lines of a text. An expression for what is around line breaks would take quadratic time for many blanks. */
export const oneLine = (text: string) =>
  text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ');

const quoted = (text: string) => text.replace(/^/gm, '> ').replace(/^> $/gm, '>');
