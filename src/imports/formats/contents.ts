import { createHash } from 'node:crypto';
import { stringify } from 'safe-stable-stringify';
import type { z } from 'zod';
import { AppError } from '../../common/errors.js';
import { parse } from '../../http/validation.js';
import type { AttachmentEntry, DocumentEntry, LabelEntry, TaskEntry } from './entry.schema.js';
import type { ScheduleEntry, TriggerEntry } from './schedule-entry.schema.js';
import { mostSchedules } from '../../schedules/schedules.schema.js';
import { mostTriggers } from '../../triggers/triggers.schema.js';
import type { ImportFault } from '../imports.schema.js';

/** Something of a file with its line. */
export interface FromFile<T> {
  line: number;
  entry: T;
  /** Identifies it when neither an `external_ref` nor a ref of this project does. */
  key: string;
}

/** The most tasks of a file. */
export const mostTasks = 20_000;
/** The most documents, and the most labels, of a file. */
const mostOthers = 20_000;
/** The most comments, checklist items, documents with all their versions, attachments and dependencies of a file. */
const mostParts = 300_000;
/**
 * The most results of scanners that are kept until their tool is known: some write their results before it, and each takes many times its
 * size in the file.
 */
export const mostEarly = 20_000;
/** The most faults that are listed; after so many the rest of the file is not read. */
const mostFaults = 1_000;

/** What was read from a file, and what is wrong with it. */
export class FileContents {
  readonly tasks: FromFile<TaskEntry>[] = [];
  readonly documents: FromFile<DocumentEntry>[] = [];
  readonly labels: FromFile<LabelEntry>[] = [];
  readonly schedules: FromFile<ScheduleEntry>[] = [];
  readonly triggers: FromFile<TriggerEntry>[] = [];
  /** What is attached to the project. */
  readonly attachments: FromFile<AttachmentEntry>[] = [];
  readonly faults: ImportFault[] = [];
  readonly warnings: ImportFault[] = [];
  private readonly occurrences = new Map<string, number>();
  private parts = 0;

  /** @param sourceId the project that the file was exported from; undefined when it was not, or does not say so */
  constructor(public sourceId?: string) {}

  /** A copy whose faults and warnings are its own, since an import may be planned more than once. */
  again(): FileContents {
    return Object.assign(new FileContents(this.sourceId), this, {
      faults: [...this.faults],
      warnings: [...this.warnings],
    });
  }

  get isTooFaulty(): boolean {
    return this.faults.length >= mostFaults;
  }

  addFault(line: number, field: string | null, issue: string): void {
    if (this.faults.length < mostFaults) this.faults.push({ line, field, issue });
  }

  addWarning(line: number, field: string | null, issue: string): void {
    if (this.warnings.length < mostFaults) this.warnings.push({ line, field, issue });
  }

  /**
   * Checks a value of the file. @returns undefined when it is faulty, which is noted
   * @param rename names the fields as the file does
   */
  check<S extends z.ZodType>(
    schema: S,
    line: number,
    value: unknown,
    rename: (field: string) => string = (field) => field,
  ): z.output<S> | undefined {
    try {
      return parse(schema, value);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { errors, field, issue } = error.details as {
        errors?: { field: string; issue: string }[];
        field?: string;
        issue?: string;
      };
      for (const fault of errors ?? [{ field: field ?? '', issue: issue ?? error.message }])
        this.addFault(line, rename(fault.field) || null, fault.issue);
      return undefined;
    }
  }

  /** @throws RESOURCE_LIMIT_EXCEEDED when the file has more than one import takes */
  addTask(line: number, entry: TaskEntry, raw: unknown): void {
    const ref = entry.ref ?? undefined;
    const named =
      this.sourceId !== undefined && ref !== undefined ? `task ${this.sourceId} ${ref}` : undefined;
    const { checklist, comments, plans, attachments, dependencies = [] } = entry;
    const versions = plans.reduce(
      (sum, plan) => sum + plan.earlier_versions.length + plan.attachments.length,
      0,
    );
    const own = [checklist, comments, plans, attachments, dependencies];
    this.countParts(
      line,
      own.reduce((sum, { length }) => sum + length, versions),
    );
    this.add(this.tasks, mostTasks, 'tasks', { line, entry, key: this.keyOf('task', named, raw) });
  }

  /** @throws RESOURCE_LIMIT_EXCEEDED */
  addDocument(line: number, entry: DocumentEntry, raw: unknown): void {
    this.countParts(line, 1 + entry.earlier_versions.length + entry.attachments.length);
    this.add(this.documents, mostOthers, 'documents', {
      line,
      entry,
      key: this.keyOf('document', this.nameOf('document', entry), raw),
    });
  }

  /** @throws RESOURCE_LIMIT_EXCEEDED */
  addLabel(line: number, entry: LabelEntry): void {
    this.add(this.labels, mostOthers, 'labels', { line, entry, key: '' });
  }

  /** @throws RESOURCE_LIMIT_EXCEEDED when the file has more than a project may */
  addSchedule(line: number, entry: ScheduleEntry, raw: unknown): void {
    const key = this.keyOf('schedule', this.nameOf('schedule', entry), raw);
    this.add(this.schedules, mostSchedules, 'schedules', { line, entry, key });
  }

  /** @throws RESOURCE_LIMIT_EXCEEDED when the file has more than a project may */
  addTrigger(line: number, entry: TriggerEntry, raw: unknown): void {
    const key = this.keyOf('trigger', this.nameOf('trigger', entry), raw);
    this.add(this.triggers, mostTriggers, 'triggers', { line, entry, key });
  }

  /** What identifies an entry of an export; undefined for a file that does not say where it is from. */
  private nameOf(kind: string, { id }: { id?: string | undefined }): string | undefined {
    return this.sourceId !== undefined && id !== undefined ? `${kind} ${this.sourceId} ${id}` : undefined;
  }

  /** Counts a result of a scanner, which may be the same as one before or none that a task is made of. @throws RESOURCE_LIMIT_EXCEEDED */
  countResult(line: number): void {
    this.countParts(line, 1);
  }

  /** Counts what belongs to an entry. @throws RESOURCE_LIMIT_EXCEEDED */
  private countParts(line: number, parts: number): void {
    this.parts += parts;
    if (this.parts > mostParts)
      throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: 'parts', value: mostParts, line });
  }

  private add<T>(list: FromFile<T>[], most: number, limit: string, item: FromFile<T>): void {
    if (list.length >= most)
      throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit, value: most, line: item.line });
    list.push(item);
  }

  /** Two entries with the same content are two things; the same file again has the same keys. */
  private keyOf(kind: string, named: string | undefined, raw: unknown): string {
    if (named !== undefined) return hashOf(named);
    const content = hashOf(`${kind} ${stringify(raw)}`);
    const occurrence = (this.occurrences.get(content) ?? 0) + 1;
    this.occurrences.set(content, occurrence);
    return occurrence === 1 ? content : hashOf(`${content} ${occurrence}`);
  }
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
