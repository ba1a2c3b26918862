/** A frame of the collector: see `collectorScript`. */
export interface CollectorFrame {
  kind: string;
  content: Buffer;
}

/** Longer than any frame of the collector. */
const longestContent = 1024 * 1024;
const headBytes = 5;
/** More than the collector writes of a run: 50 MiB of files, 2 MiB of a summary, and what it says of a thousand files. */
export const mostOfRun = { frames: 20_000, bytes: 64 * 1024 * 1024 };
const kinds = new Set('STFDEXO');

/**
 * Reads frames from the chunks of a stream. What writes them runs as the user of a command, and other commands of that user can make it write
 * anything, as fast as this process reads.
 * @throws Error for what is no frame, and for more than the collector writes
 */
export async function* collectorFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<CollectorFrame> {
  let pending: Buffer[] = [];
  let size = 0;
  let wanted = headBytes;
  let frames = 0;
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.length;
    if (read > mostOfRun.bytes) throw new Error('The collector wrote too much');
    pending.push(chunk);
    size += chunk.length;
    if (size < wanted) continue;
    let bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    for (wanted = headBytes; bytes.length >= headBytes;) {
      const kind = bytes.toString('latin1', 0, 1);
      const length = bytes.readUInt32BE(1);
      if (!kinds.has(kind) || length > longestContent) throw new Error('The collector wrote no frame');
      wanted = headBytes + length;
      if (bytes.length < wanted) break;
      frames += 1;
      if (frames > mostOfRun.frames) throw new Error('The collector wrote too much');
      yield { kind, content: bytes.subarray(headBytes, wanted) };
      bytes = bytes.subarray(wanted);
      wanted = headBytes;
    }
    pending = [bytes];
    size = bytes.length;
  }
  if (size > 0) throw new Error('The collector ended within a frame');
}

/** The longest path of an artifact, in bytes: it is the key of an index, whose entries have 2,704 at most. */
const longestPath = 2_000;

/** Checks the path of a file that the collector names. @returns undefined for one that leads out of the workspace, is no text or too long */
export function relativePath(bytes: Buffer): string | undefined {
  const path = bytes.toString('utf8');
  const isPlain =
    bytes.length > 0 &&
    bytes.length <= longestPath &&
    !path.includes('\0') &&
    Buffer.from(path).equals(bytes) &&
    path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  return isPlain ? path : undefined;
}
