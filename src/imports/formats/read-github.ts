import { z } from 'zod';
import { FileContents } from './contents.js';
import { taskEntry, type TaskEntry } from './entry.schema.js';
import { inSlices } from './in-slices.js';
import { jsonValues } from './json-values.js';

const person = z.looseObject({ login: z.string() }).nullish();

const mostOfDescription = 50_000;
const mostOfComment = 20_000;

/** An issue as `gh issue list --json …` prints it; which fields there are is chosen by its caller. */
const issueSchema = z.looseObject({
  number: z.int().min(1),
  title: z.string(),
  body: z.string().nullish(),
  state: z.string().default('OPEN'),
  stateReason: z.string().nullish(),
  url: z.string().nullish(),
  author: person,
  assignees: z.array(z.looseObject({ login: z.string() })).default([]),
  labels: z
    .array(
      z.looseObject({ name: z.string(), color: z.string().nullish(), description: z.string().nullish() }),
    )
    .default([]),
  milestone: z.looseObject({ title: z.string(), dueOn: z.string().nullish() }).nullish(),
  comments: z
    .array(z.looseObject({ author: person, body: z.string(), createdAt: z.string().nullish() }))
    .default([]),
  createdAt: z.string().nullish(),
  closedAt: z.string().nullish(),
});
type Issue = z.output<typeof issueSchema>;

/**
 * Reads the issues of a GitHub repository. Each is known by its URL, or by its number where the file has no URLs; a comma in a label, which
 * labels do not have here, becomes a space. @throws MALFORMED_REQUEST, RESOURCE_LIMIT_EXCEEDED
 */
export async function readGithub(bytes: Buffer, signal?: AbortSignal): Promise<FileContents> {
  const contents = new FileContents();
  const labels = new Set<string>();
  for await (const { path, line, value, fault, begins } of inSlices(jsonValues(bytes, ['']), signal)) {
    if (contents.isTooFaulty) break;
    if (path === '' && begins === 'list') continue;
    if (path !== '*') {
      contents.addFault(
        line,
        null,
        'Send a list of issues, as `gh issue list --json number,title,…` prints it',
      );
      break;
    }
    if (fault !== undefined) {
      contents.addFault(line, null, fault);
      continue;
    }
    const issue = contents.check(issueSchema, line, value);
    if (!issue) continue;
    for (const { name, color, description } of issue.labels) {
      const label = labelName(name);
      if (label === '' || labels.has(label.toLowerCase())) continue;
      labels.add(label.toLowerCase());
      contents.addLabel(line, {
        name: label,
        kind: 'task',
        color: /^[0-9a-f]{6}$/i.test(color ?? '') ? `#${color!.toLowerCase()}` : null,
        description: description?.slice(0, 2_000) ?? '',
      });
    }
    cutTexts(contents, line, issue);
    const entry = contents.check(taskEntry, line, taskOf(issue), (field) => fieldNames[field] ?? field);
    if (entry) contents.addTask(line, entry, value);
  }
  return contents;
}

/** GitHub's texts may be longer than ours: one of them is no reason to refuse all issues. */
function cutTexts(contents: FileContents, line: number, issue: Issue): void {
  const cut = (field: string, text: string, most: number) => {
    if (text.length <= most) return text;
    contents.addWarning(line, field, `Only the first ${most} characters are taken`);
    return text.slice(0, most).toWellFormed();
  };
  issue.body = cut('body', issue.body ?? '', mostOfDescription);
  issue.comments = issue.comments.filter(({ body }) => body.trim() !== '');
  for (const comment of issue.comments) comment.body = cut('comments', comment.body, mostOfComment);
}

const labelName = (name: string) => name.replaceAll(',', ' ').trim().slice(0, 50).trim();

/** The names of fields in the file, for faults. */
const fieldNames: Record<string, string> = { description: 'body', external_ref: 'url', tags: 'labels' };

function taskOf(issue: Issue): z.input<typeof taskEntry> {
  const isClosed = issue.state.toLowerCase() === 'closed';
  const isDropped = issue.stateReason?.toLowerCase() === 'not_planned';
  const { milestone, author, createdAt, closedAt, url, number } = issue;
  const status: TaskEntry['status'] = isClosed ? (isDropped ? 'cancelled' : 'completed') : 'todo';
  const github = { number, url, author: author?.login, created_at: createdAt, closed_at: closedAt };
  return {
    external_ref: url ?? `github#${number}`,
    source: 'github',
    title: issue.title,
    description: issue.body ?? '',
    type: 'issue',
    status,
    ...(milestone?.dueOn ? { due_at: milestone.dueOn } : {}),
    assigned_to: issue.assignees[0]?.login ?? null,
    tags: [...new Set(issue.labels.map(({ name }) => labelName(name)).filter((name) => name !== ''))],
    metadata: { github: { ...github, ...(milestone ? { milestone: milestone.title } : {}) } },
    comments: issue.comments.map(({ author: by, body, createdAt: at }) => ({
      author: by?.login ?? null,
      body,
      created_at: at ?? null,
    })),
  };
}
