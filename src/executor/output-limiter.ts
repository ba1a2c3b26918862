import { formatBytes, parseBytes } from '../common/bytes.js';
import type { OutputFrame } from '../output/output-frame.js';
import type { OutputPolicy, RunLimits } from '../common/run-limits.js';
import { unfinished } from './utf8-splitter.js';

/** A frame of output before it has an offset. */
export type Chunk = Omit<OutputFrame, 'offset'>;

/** How much of an output is kept. */
export interface OutputLimit {
  maxBytes: number;
  /** What happens to output beyond it. */
  whenExceeded: OutputPolicy;
}

/**
 * Returns the output limit of a run.
 * @param serverBytes the upper bound of the server, which the limits of a run cannot exceed
 */
export function outputLimit(limits: RunLimits, serverBytes: number): OutputLimit {
  return {
    maxBytes: Math.min(parseBytes(limits.output_size ?? '') ?? Infinity, serverBytes),
    whenExceeded: limits.output_policy ?? 'truncate',
  };
}

/** The largest tail of an output, which is kept in memory until the run is over. */
const maxTailBytes = 1024 * 1024;
/** Chunks of the tail are joined up to this size, so that a command that writes byte by byte does not cause a million objects … */
const maxBlockBytes = 16 * 1024;
/** The number of blocks of the tail, for a command that changes the stream with every byte. */
const maxBlocks = 4096;

interface Block extends Omit<Chunk, 'content'> {
  buffer: Buffer;
  start: number;
  end: number;
}

/**
 * Keeps an output within its limit. The first bytes pass immediately; of the rest, the policy `head_and_tail` keeps the last ones and
 * passes them when the run is over. Markers show where bytes are missing: one when the first byte is omitted, for readers of the live
 * output, and one at the end with the number of omitted bytes. Markers do not count towards the limit.
 */
export class OutputLimiter {
  /** The number of omitted bytes. */
  omitted = 0;
  private kept = 0;
  private readonly headBytes: number;
  private readonly tailBytes: number;
  private tail: Block[] = [];
  private tailSize = 0;
  private last: Pick<Chunk, 'stream' | 'time'> = { stream: 'stdout', time: 0 };

  constructor(
    private readonly limit: OutputLimit,
    private readonly pass: (chunk: Chunk) => void,
    /** Called when the run must be ended because of the limit. */
    private readonly onStop: () => void,
  ) {
    const { maxBytes, whenExceeded } = limit;
    this.tailBytes = whenExceeded === 'head_and_tail' ? Math.min(maxTailBytes, Math.floor(maxBytes / 2)) : 0;
    this.headBytes = maxBytes - this.tailBytes;
  }

  add(chunk: Chunk): void {
    const room = this.headBytes - this.kept;
    if (chunk.content.length <= room) {
      this.kept += chunk.content.length;
      return this.pass(chunk);
    }
    const cut = room - (chunk.text ? unfinished(chunk.content.subarray(0, room)) : 0);
    // later bytes must not fill the room that was too small for a character
    this.kept = this.headBytes;
    if (cut > 0) this.pass({ ...chunk, content: chunk.content.subarray(0, cut) });
    this.exceed({ ...chunk, content: chunk.content.subarray(cut) });
  }

  /** Passes the final marker and the tail. */
  end(): void {
    if (this.omitted > 0) this.mark(`${this.omitted} bytes of output were left out here`);
    for (const { buffer, start, end, ...chunk } of this.tail)
      this.pass({ ...chunk, content: buffer.subarray(start, end) });
    this.tail = [];
  }

  private exceed(chunk: Chunk): void {
    this.last = { stream: chunk.stream, time: chunk.time };
    if (this.tailBytes === 0) return this.omit(chunk.content.length);
    this.keep(chunk);
    let dropped = 0;
    while (this.tailSize > this.tailBytes || this.tail.length > maxBlocks)
      dropped += this.drop(this.tailSize - this.tailBytes);
    this.omit(dropped);
  }

  private omit(bytes: number): void {
    if (bytes === 0) return;
    const isFirst = this.omitted === 0;
    this.omitted += bytes;
    if (!isFirst) return;
    const { maxBytes, whenExceeded } = this.limit;
    const rest = {
      stop: 'the command is stopped',
      truncate: 'the rest is left out',
      head_and_tail: 'only its end will follow, when the command is over',
    };
    this.mark(`The output has reached its limit of ${formatBytes(maxBytes)}: ${rest[whenExceeded]}`);
    if (whenExceeded === 'stop') this.onStop();
  }

  private mark(text: string): void {
    const { stream, time } = this.last;
    this.pass({ stream, time, text: true, marker: true, content: Buffer.from(`\n[millrace] ${text}\n`) });
  }

  private keep({ content, ...chunk }: Chunk): void {
    this.tailSize += content.length;
    const last = this.tail.at(-1);
    const length = last ? last.end - last.start + content.length : Infinity;
    if (!last || last.stream !== chunk.stream || last.text !== chunk.text || length > maxBlockBytes) {
      // a copy, so that a few bytes do not keep a whole chunk in memory
      this.tail.push({ ...chunk, buffer: Buffer.from(content), start: 0, end: content.length });
      return;
    }
    if (last.end + content.length > last.buffer.length) {
      const larger = Buffer.allocUnsafe(2 * length);
      last.buffer.copy(larger, 0, last.start, last.end);
      Object.assign(last, { buffer: larger, start: 0, end: last.end - last.start });
    }
    content.copy(last.buffer, last.end);
    last.end += content.length;
  }

  /**
   * Drops the beginning of the tail.
   * @param excess the number of bytes to drop; the whole first block if it is not positive
   * @returns the number of dropped bytes, up to three more than `excess` to end on a character boundary
   */
  private drop(excess: number): number {
    const first = this.tail[0]!;
    let cut = excess > 0 ? Math.min(first.end, first.start + excess) : first.end;
    while (first.text && cut < first.end && (first.buffer[cut]! & 0xc0) === 0x80) cut += 1;
    const dropped = cut - first.start;
    first.start = cut;
    this.tailSize -= dropped;
    if (first.start === first.end) this.tail.shift();
    return dropped;
  }
}
