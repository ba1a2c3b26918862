import { mostItems } from '../checklists/checklists.schema.js';
import { mostComments } from '../comments/comments.schema.js';
import { mostOfKind } from '../documents/documents.schema.js';
import type { Queryable } from '../infra/database.js';
import type { FileContents, FromFile } from './formats/contents.js';
import type {
  AttachmentEntry,
  CommentEntry,
  ItemEntry,
  PlanEntry,
  TaskEntry,
} from './formats/entry.schema.js';
import { presentParts, type ExistingTask, type PresentParts } from './existing.queries.js';
import { inSlices } from './formats/in-slices.js';
import { newAttachments } from './new-attachments.js';
import { Pool } from './pool.js';

/** What an import adds to a task. Nothing is taken away from a task that is there already. */
export interface NewParts {
  comments: CommentEntry[];
  items: ItemEntry[];
  /** How many items there are before. */
  itemsBefore: number;
  /** The ids of items that are there and are now done. */
  itemsDone: string[];
  plans: PlanEntry[];
  /** Plans that are there with another text. */
  changedPlans: { id: string; plan: PlanEntry }[];
  attachments: AttachmentEntry[];
  /** What is attached to plans that are there already. */
  ofPlans: { planId: string; entry: AttachmentEntry }[];
}

export const noParts: NewParts = {
  comments: [],
  items: [],
  itemsBefore: 0,
  itemsDone: [],
  plans: [],
  changedPlans: [],
  attachments: [],
  ofPlans: [],
};

/** Counts what an import adds to a task or changes in it, by kind; only kinds with something are named. */
export function countParts(parts: NewParts) {
  const counts = {
    comments: parts.comments.length,
    checklist: parts.items.length + parts.itemsDone.length,
    plans: parts.plans.length + parts.changedPlans.length,
    attachments: parts.attachments.length + parts.ofPlans.length,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Finds out what of the parts of entries is new. Faults and warnings are noted in `contents`. */
export async function newParts(
  db: Queryable,
  contents: FileContents,
  entries: FromFile<TaskEntry>[],
  found: Map<FromFile<TaskEntry>, ExistingTask>,
  signal?: AbortSignal,
): Promise<Map<FromFile<TaskEntry>, NewParts>> {
  const withParts = entries.filter(({ entry }) => hasParts(entry));
  const ids = withParts.flatMap((from) => found.get(from)?.id ?? []);
  const present = await presentParts(db, ids);
  const result = new Map<FromFile<TaskEntry>, NewParts>();
  for await (const from of inSlices(withParts, signal)) {
    const here = present.get(found.get(from)?.id ?? '') ?? nothing;
    const parts = await partsOf(contents, from, here, signal);
    result.set(from, parts);
  }
  return result;
}

const nothing: PresentParts = { comments: [], items: [], plans: [], attachments: [] };

const hasParts = ({ comments, checklist, plans, attachments }: TaskEntry) =>
  comments.length + checklist.length + plans.length + attachments.length > 0;

async function partsOf(
  contents: FileContents,
  { line, entry }: FromFile<TaskEntry>,
  present: PresentParts,
  signal: AbortSignal | undefined,
): Promise<NewParts> {
  const said = new Pool(
    present.comments,
    ({ body }) => body,
    ({ author }) => author ?? '',
  );
  // a comment that does not say who made it is known by its text alone
  const comments = entry.comments.filter(
    ({ author, body }) => said.take(body, author || undefined) === undefined,
  );
  const steps = new Pool(present.items, ({ text }) => text);
  const itemsDone: string[] = [];
  const items = entry.checklist.filter(({ text, done }) => {
    const here = steps.take(text);
    if (here && done && !here.done) itemsDone.push(here.id);
    return here === undefined;
  });
  const parts = { comments, items, itemsBefore: present.items.length, itemsDone };
  const bound = (field: string, before: number, added: number, most: number) => {
    if (added > 0 && before + added > most)
      contents.addFault(line, field, `There would be more than ${most}`);
  };
  bound('comments', present.comments.length, comments.length, mostComments);
  bound('checklist', present.items.length, items.length, mostItems);
  const plans = await plansOf(contents, line, entry.plans, present, signal);
  bound('plans', present.plans.length, plans.plans.length, mostOfKind.plan);
  const attachments = await newAttachments(entry.attachments, present.attachments, contents, line, signal);
  return { ...parts, ...plans, attachments };
}

/** Matches plans by their title and text, then by their title. */
async function plansOf(
  contents: FileContents,
  line: number,
  entries: PlanEntry[],
  present: PresentParts,
  signal: AbortSignal | undefined,
): Promise<Pick<NewParts, 'plans' | 'changedPlans' | 'ofPlans'>> {
  const result: Pick<NewParts, 'plans' | 'changedPlans' | 'ofPlans'> = {
    plans: [],
    changedPlans: [],
    ofPlans: [],
  };
  const pool = new Pool(
    present.plans,
    ({ title }) => title,
    ({ body }) => body,
  );
  const exact = new Map(entries.map((plan) => [plan, pool.take(plan.title, plan.body)] as const));
  for (const plan of entries) {
    const same = exact.get(plan);
    const here = same ?? pool.take(plan.title);
    const attached = await newAttachments(plan.attachments, here?.attachments ?? [], contents, line, signal);
    if (here === undefined) result.plans.push({ ...plan, attachments: attached });
    else result.ofPlans.push(...attached.map((entry) => ({ planId: here.id, entry })));
    if (here && !same) result.changedPlans.push({ id: here.id, plan });
  }
  return result;
}
