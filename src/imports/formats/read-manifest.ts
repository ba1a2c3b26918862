import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { AppError } from '../../common/errors.js';
import { FileContents } from './contents.js';
import { taskEntry } from './entry.schema.js';
import { inSlices } from './in-slices.js';
import { jsonValues } from './json-values.js';
import { readYaml } from './read-yaml.js';

/** The tasks that a manifest names, and the name of the manifest, which is the `source` of its tasks. */
export interface Manifest {
  contents: FileContents;
  source: string;
}

const sourceName = z.string().trim().min(1).max(200);
const plainSource = 'manifest';

/**
 * Reads a manifest: `tasks`, each with an `external_ref`, and optionally its `source`, as YAML or JSON; or the list of tasks alone.
 * @throws MALFORMED_REQUEST with the line, PAYLOAD_TOO_LARGE, RESOURCE_LIMIT_EXCEEDED
 */
export async function readManifest(bytes: Buffer, signal?: AbortSignal): Promise<Manifest> {
  if (!isUtf8(bytes)) throw new AppError('MALFORMED_REQUEST', {}, { message: 'The file is not UTF-8' });
  const reader = new ManifestReader();
  const isJson = /^\ufeff?\s*[[{]/.test(bytes.toString('utf8', 0, 1_000));
  if (isJson) {
    for await (const { path, line, value, fault, begins } of inSlices(
      jsonValues(bytes, ['', 'tasks']),
      signal,
    )) {
      if (reader.contents.isTooFaulty) break;
      if (begins) reader.hasTasks ||= begins === 'list';
      else if (fault !== undefined) reader.contents.addFault(line, null, fault);
      else if (path === '*' || path === 'tasks.*') reader.addTask(line, value);
      else reader.addField(line, path, value);
    }
  } else {
    const { fields = {}, tasks } = await readYaml(bytes, signal);
    for (const [name, value] of Object.entries(fields)) reader.addField(1, name, value);
    for await (const { line, json } of inSlices(tasks ?? [], signal)) reader.addTask(line, JSON.parse(json));
    if (tasks) reader.hasTasks = true;
  }
  return reader.end();
}

class ManifestReader {
  readonly contents = new FileContents();
  hasTasks = false;
  private source = plainSource;

  addField(line: number, name: string, value: unknown): void {
    if (name === 'source')
      this.source = this.contents.check(sourceName, line, value, () => name) ?? plainSource;
    else this.contents.addFault(line, name || null, 'A manifest has the fields source and tasks');
  }

  addTask(line: number, value: unknown): void {
    this.hasTasks = true;
    const entry = this.contents.check(taskEntry, line, value);
    if (!entry) return;
    if (entry.external_ref) this.contents.addTask(line, entry, value);
    else this.contents.addFault(line, 'external_ref', 'Field is required');
  }

  end(): Manifest {
    if (!this.hasTasks && this.contents.faults.length === 0)
      this.contents.addFault(1, 'tasks', 'Field is required');
    // known in the end only, since the field may follow the tasks
    for (const { entry } of this.contents.tasks) entry.source ??= this.source;
    return { contents: this.contents, source: this.source };
  }
}
