import { z } from 'zod';
import { mostAttached } from '../../attachments/attachments.schema.js';
import { FileContents } from './contents.js';
import { attachmentEntry, documentEntry, labelEntry, taskEntry } from './entry.schema.js';
import { scheduleEntry, triggerEntry } from './schedule-entry.schema.js';
import { inSlices } from './in-slices.js';
import { jsonValues, type JsonValue } from './json-values.js';

const projectEntry = z.looseObject({
  id: z.string().max(100).optional(),
  attachments: z.array(attachmentEntry).max(mostAttached).default([]),
});

/** What is read one by one. */
const lists = ['', 'labels', 'documents', 'tasks', 'schedules', 'triggers'];

/** Reads an export: `format` and `project` come before the lists, as they are written. @throws MALFORMED_REQUEST, RESOURCE_LIMIT_EXCEEDED */
export async function readMillrace(bytes: Buffer, signal?: AbortSignal): Promise<FileContents> {
  const contents = new FileContents();
  let isExport = false;
  for await (const item of inSlices(jsonValues(bytes, lists), signal)) {
    if (contents.isTooFaulty) break;
    if (item.begins) continue;
    if (item.path === 'format' && item.value === 'millrace') isExport = true;
    else if (item.path === '' || item.path === '*' || (!isExport && item.path.endsWith('.*'))) break;
    else readItem(contents, item);
  }
  if (!isExport)
    contents.addFault(
      1,
      'format',
      'This is no export: it begins with `"format": "millrace"`. See the parameter `format`',
    );
  return contents;
}

function readItem(contents: FileContents, { path, line, value, fault }: JsonValue): void {
  if (fault !== undefined) return contents.addFault(line, null, fault);
  switch (path) {
    case 'version':
      if (value !== 1) contents.addFault(line, path, 'Only version 1 of the format can be read');
      return;
    case 'project': {
      const project = contents.check(projectEntry, line, value);
      contents.sourceId = project?.id;
      for (const entry of project?.attachments ?? []) contents.attachments.push({ line, entry, key: '' });
      return;
    }
    case 'labels.*': {
      const entry = contents.check(labelEntry, line, value);
      if (entry) contents.addLabel(line, entry);
      return;
    }
    case 'documents.*': {
      const entry = contents.check(documentEntry, line, value);
      if (entry) contents.addDocument(line, entry, value);
      return;
    }
    case 'tasks.*': {
      const entry = contents.check(taskEntry, line, value);
      if (entry) contents.addTask(line, entry, value);
      return;
    }
    case 'schedules.*': {
      const entry = contents.check(scheduleEntry, line, value);
      if (entry) contents.addSchedule(line, entry, value);
      return;
    }
    case 'triggers.*': {
      const entry = contents.check(triggerEntry, line, value);
      if (entry) contents.addTrigger(line, entry, value);
      return;
    }
    case 'format':
    case 'exported_at':
      return;
    default:
      contents.addFault(line, path, 'An export has no such field');
  }
}
