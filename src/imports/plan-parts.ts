import { createHash } from 'node:crypto';
import type { Queryable } from '../infra/database.js';
import type { FromFile } from './contents.js';
import type { AttachmentEntry, CommentEntry, ItemEntry, PlanEntry, TaskEntry } from './entry.schema.js';
import { presentParts, type ExistingTask, type PresentParts } from './existing.queries.js';

/** What an import adds to a task. Nothing is taken away from a task that is there already. */
export interface NewParts {
  comments: CommentEntry[];
  items: ItemEntry[];
  /** The ids of items that are there and are now done. */
  itemsDone: string[];
  plans: PlanEntry[];
  /** Plans that are there with another text. */
  changedPlans: { id: string; plan: PlanEntry }[];
  attachments: AttachmentEntry[];
}

export const noParts: NewParts = {
  comments: [],
  items: [],
  itemsDone: [],
  plans: [],
  changedPlans: [],
  attachments: [],
};

/** Counts what an import adds to a task or changes in it, by kind; only kinds with something are named. */
export function countParts({ comments, items, itemsDone, plans, changedPlans, attachments }: NewParts) {
  const counts = {
    comments: comments.length,
    checklist: items.length + itemsDone.length,
    plans: plans.length + changedPlans.length,
    attachments: attachments.length,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Whether an attachment can be made: a link, or a file whose content is in the file. */
export const isWhole = ({ url, content }: Pick<AttachmentEntry, 'url' | 'content'>) =>
  Boolean(url) || content !== undefined;

/** Finds out what of the parts of entries is new. */
export async function newParts(
  db: Queryable,
  entries: FromFile<TaskEntry>[],
  found: Map<FromFile<TaskEntry>, ExistingTask>,
): Promise<Map<FromFile<TaskEntry>, NewParts>> {
  const withParts = entries.filter(({ entry }) => hasParts(entry));
  const ids = withParts.flatMap((from) => found.get(from)?.id ?? []);
  const present = ids.length === 0 ? nothing : await presentParts(db, ids);
  const result = new Map<FromFile<TaskEntry>, NewParts>();
  for (const from of withParts) result.set(from, partsOf(from.entry, found.get(from)?.id, present));
  return result;
}

const nothing: PresentParts = { comments: [], items: [], plans: [], attachments: [] };

const hasParts = ({ comments, checklist, plans, attachments }: TaskEntry) =>
  comments.length + checklist.length + plans.length + attachments.length > 0;

function partsOf(entry: TaskEntry, taskId: string | undefined, present: PresentParts): NewParts {
  const own = <Row extends { task_id: string }>(rows: Row[]) =>
    taskId === undefined ? [] : rows.filter((row) => row.task_id === taskId);
  const said = new Set(own(present.comments).flatMap((comment) => [commentKey(comment), comment.body]));
  const items = new Map(own(present.items).map((item) => [item.text, item]));
  const plans = new Map(own(present.plans).map((plan) => [plan.title, plan]));
  const attached = new Set(own(present.attachments).map(attachmentKey));
  return {
    comments: entry.comments.filter(
      (comment) => !said.has(comment.author ? commentKey(comment) : comment.body),
    ),
    items: entry.checklist.filter(({ text }) => !items.has(text)),
    itemsDone: entry.checklist.flatMap(({ text, done }) => {
      const item = items.get(text);
      return item && done && !item.done ? [item.id] : [];
    }),
    plans: entry.plans.filter(({ title }) => !plans.has(title)),
    changedPlans: entry.plans.flatMap((plan) => {
      const here = plans.get(plan.title);
      return here && here.body !== plan.body ? [{ id: here.id, plan }] : [];
    }),
    attachments: entry.attachments.filter((attachment) => !attached.has(attachmentKey(attachment))),
  };
}

/** A comment that does not say who made it is known by its text alone. */
const commentKey = ({ author, body }: { author?: string | null | undefined; body: string }) =>
  JSON.stringify([author, body]);

/** Tells whether two attachments are the same: by name and where a link leads, or by the hash of a file. */
export const attachmentKey = ({ name, url, sha256, content }: Partial<AttachmentEntry>) =>
  JSON.stringify([name, url ?? null, url ? null : (sha256 ?? hashOf(content))]);

const hashOf = (content: string | undefined) =>
  content === undefined ? null : createHash('sha256').update(Buffer.from(content, 'base64')).digest('hex');
