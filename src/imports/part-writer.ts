import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import type { Transaction } from '../infra/database.js';
import { DocumentsService } from '../documents/documents.service.js';
import { addUsage, readUsage } from '../executions/output-usage.queries.js';
import { refuseFullStorage } from '../executions/project-rules.js';
import type { AccessibleProject } from '../projects/projects.queries.js';
import type { WholePlan } from './import-plan.js';
import {
  countInTasks,
  insertAttachments,
  insertComments,
  insertDocuments,
  insertItems,
  type Importer,
  type NewAttachment,
  type NewDocument,
} from './part-writes.queries.js';

/** Writes what belongs to tasks and to the project: comments, checklists, documents and attachments. */
@Injectable()
export class PartWriter {
  constructor(private readonly documents: DocumentsService) {}

  /** Writes the new parts of tasks, which must be there, and the documents of the project. @throws PROJECT_LIMIT_EXCEEDED */
  async write(
    tx: Transaction,
    importer: Importer,
    project: AccessibleProject,
    plan: WholePlan,
  ): Promise<void> {
    const parts = [...plan.create, ...plan.update].map(({ id, parts: own }) => ({ taskId: id, ...own }));
    await insertComments(tx, importer, parts);
    await insertItems(tx, importer, parts);
    const plans = parts.flatMap(({ taskId, plans: own }) =>
      own.map((entry): NewDocument => ({ id: newId(), taskId, entry })),
    );
    const others = plan.documents.create.map(({ id, from }): NewDocument => ({
      id,
      taskId: null,
      entry: from.entry,
    }));
    const bytes = await insertDocuments(tx, importer, [...plans, ...others]);
    const ofTasks = new Map<string, number>();
    for (const document of plans)
      ofTasks.set(document.taskId!, (ofTasks.get(document.taskId!) ?? 0) + bytes.get(document)!);
    await countInTasks(tx, ofTasks);
    const files = await insertAttachments(tx, importer, [
      ...parts.flatMap(({ taskId, attachments }) => attached('task', taskId, attachments)),
      ...parts.flatMap(({ ofPlans }) =>
        ofPlans.flatMap(({ planId, entry }) => attached('document', planId, [entry])),
      ),
      ...plan.documents.attach.flatMap(({ id, entry }) => attached('document', id, [entry])),
      ...[...plans, ...others].flatMap(({ id, entry }) => attached('document', id, entry.attachments)),
      ...attached('project', importer.projectId, plan.attachments),
    ]);
    const stored = files + others.reduce((sum, document) => sum + bytes.get(document)!, 0);
    if (stored > 0) {
      refuseFullStorage(project, (await readUsage(tx, project.id)) + stored, Infinity);
      await addUsage(tx, project.id, stored);
    }
    await this.changeDocuments(tx, importer, plan);
  }

  private async changeDocuments(
    tx: Transaction,
    { actor }: Importer,
    { update, documents }: WholePlan,
  ): Promise<void> {
    for (const { id, plan } of update.flatMap(({ parts }) => parts.changedPlans))
      await this.documents.changeIn(tx, actor, id, plan.change_note ?? null, (before) => ({
        ...before,
        body: plan.body,
      }));
    for (const { id, from } of documents.update) {
      const { title, body, tags, change_note } = from.entry;
      await this.documents.changeIn(tx, actor, id, change_note ?? null, (before) => ({
        ...before,
        title,
        body,
        ...(before.kind === 'memory' ? { tags } : {}),
      }));
    }
  }
}

const attached = (
  type: NewAttachment['type'],
  linkedId: string,
  entries: NewAttachment['entry'][],
): NewAttachment[] => entries.map((entry) => ({ type, linkedId, entry }));
