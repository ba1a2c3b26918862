import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../common/errors.js';
import type { YamlResponse } from './yaml-worker.js';

/** The most bytes of a YAML text, which takes some times as long to read as JSON. */
const mostBytes = 4 * 1024 * 1024;
/** How long the thread may take; 4 MiB of plain tasks take 2 s. */
const timeoutMs = 20_000;
const limits = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

/**
 * Reads a YAML text in a thread of its own, since a hostile one takes long and much memory.
 * @throws PAYLOAD_TOO_LARGE, MALFORMED_REQUEST with the line
 */
export async function readYaml(bytes: Buffer, signal?: AbortSignal): Promise<YamlResponse> {
  if (bytes.length > mostBytes)
    throw new AppError(
      'PAYLOAD_TOO_LARGE',
      { limit: mostBytes },
      { message: 'Send a YAML text of at most 4 MiB, or JSON' },
    );
  const worker = new Worker(new URL('./yaml-worker.js', import.meta.url), {
    workerData: bytes.toString(),
    resourceLimits: limits,
    env: {},
    execArgv: [],
  });
  const timeout = AbortSignal.timeout(timeoutMs);
  const end = signal ? AbortSignal.any([timeout, signal]) : timeout;
  try {
    const [response] = (await once(worker, 'message', { signal: end })) as [YamlResponse];
    if (response.fault) throw malformed(response.fault);
    return response;
  } catch (error) {
    if (error instanceof AppError) throw error;
    signal?.throwIfAborted();
    throw malformed({ line: 1, issue: 'It takes too long or too much memory to read' }, error);
  } finally {
    await worker.terminate();
  }
}

const malformed = (fault: { line: number; issue: string }, cause?: unknown) =>
  new AppError('MALFORMED_REQUEST', { ...fault }, { message: 'The file is not YAML', cause });
