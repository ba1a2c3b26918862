import type { FileContents } from './formats/contents.js';
import type { AttachmentEntry } from './formats/entry.schema.js';
import { mostAttached } from '../attachments/attachments.schema.js';
import { contentHashes } from './content-hash.js';
import { Pool } from './pool.js';

/** What is attached already, as far as it is needed to find what is new. */
export interface PresentAttachment {
  name: string;
  url: string | null;
  sha256: string | null;
}

/**
 * Finds the attachments of an entry that are not there yet and can be made: links, and files whose content is in the file. The others are
 * noted as warnings, and too many as a fault.
 * @param signal ends the hashing of their contents
 */
export async function newAttachments(
  entries: AttachmentEntry[],
  present: PresentAttachment[],
  contents: FileContents,
  line: number,
  signal?: AbortSignal,
): Promise<AttachmentEntry[]> {
  const unknown = entries.filter(({ url, sha256 }) => !url && !sha256);
  const hashOf = await contentHashes(unknown, signal);
  const pool = new Pool(present, (one) => keyOf(one, one.sha256));
  const keyOfEntry = (entry: AttachmentEntry) => keyOf(entry, entry.sha256 || hashOf(entry));
  const added = entries.filter((entry) => pool.take(keyOfEntry(entry)) === undefined);
  for (const { name, url, content } of added)
    if (!url && content === undefined)
      contents.addWarning(line, 'attachments', `The content of ${name} is not in the file`);
  const whole = added.filter(({ url, content }) => Boolean(url) || content !== undefined);
  if (whole.length + present.length > mostAttached && whole.length > 0)
    contents.addFault(line, 'attachments', `There would be more than ${mostAttached}`);
  return whole;
}

/** Two attachments are the same by name and where a link leads, or by name and the hash of a file. */
const keyOf = ({ name, url }: Pick<AttachmentEntry, 'name' | 'url'>, hash: string | null) =>
  JSON.stringify([name, url ?? null, url ? null : hash]);
