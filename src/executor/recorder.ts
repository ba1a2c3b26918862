import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../infra/database-errors.js';
import type { Logger } from '../common/logger.js';
import { outputBytes } from '../common/metrics.js';
import { encodeFrame, encodeStored, outputChannel, type OutputFrame } from '../output/output-frame.js';
import { appendSegment } from '../output/output.queries.js';
import type { Bus } from '../infra/bus.js';
import type { ConnectionPool } from '../infra/database.js';
import { MaskedSource } from '../secret-masking/masked-source.js';
import { OutputLimiter, type Chunk, type OutputLimit } from './output-limiter.js';
import { SecretMasker } from '../secret-masking/secret-masker.js';
import type { SecretPatterns } from '../secret-masking/secret-patterns.js';
import { Utf8Splitter, type Piece } from './utf8-splitter.js';

/** A segment is stored when it has this many bytes … */
const segmentBytes = 1024 * 1024;
/** … or when its first frame is this old. */
const segmentMs = 40;
/** The number of segments that are stored concurrently: two reach 100–164 MB/s where one reaches 70–85. */
const writers = 2;
/** The streams are paused at this number of unstored bytes, so that the command blocks, and resumed at half of it. */
const maxUnstored = 8 * 1024 * 1024;
const retryMs = 200;
/** The shortest time between two republications of unstored output. */
const republishMs = 100;

interface Segment {
  frames: OutputFrame[];
  bytes: number;
}

/** How the output of a run is masked and limited. */
export interface OutputRules {
  /** The secrets to mask; undefined when there are none. */
  secrets: SecretPatterns | undefined;
  limit: OutputLimit;
}

/** The callbacks of a recorder. */
export interface RecorderEvents {
  /** Called when a segment was refused, because this worker has lost the lease of the execution. */
  onFenced: () => void;
  /** Called when the output has reached a limit at which the command must be stopped. */
  onLimit: () => void;
}

/**
 * Records the output of a command: masks secrets, applies the output limit, assigns each frame its offset, publishes it on the bus
 * immediately, and stores it in batches. Memory is bounded: when the database does not keep up, the pipes fill and the command blocks.
 */
export class Recorder {
  private offset = 0;
  private stored = 0;
  private readonly storedAhead = new Map<number, number>();
  private segment: Segment = { frames: [], bytes: 0 };
  private unstored = 0;
  /** All segments from the first unstored one on, in order of their offsets. */
  private unstoredSegments: Segment[] = [];
  private republishedAt = -Infinity;
  private waiting: Segment[] = [];
  private writing = 0;
  private timer: NodeJS.Timeout | undefined;
  private fenced = false;
  private readonly sources: MaskedSource[] = [];
  private limiter: OutputLimiter | undefined;
  private idle: (() => void) | undefined;

  constructor(
    private readonly executionId: string,
    private readonly generation: number,
    private readonly database: ConnectionPool,
    private readonly bus: Bus,
    private readonly logger: Logger,
    private readonly events: RecorderEvents,
  ) {}

  /** Records the streams of a command until their ends. */
  attach(streams: Record<OutputFrame['stream'], Readable>, rules: OutputRules): void {
    this.limiter = new OutputLimiter(rules.limit, (chunk) => this.append(chunk), this.events.onLimit);
    this.record(streams.stdout, 'stdout', rules.secrets);
    this.record(streams.stderr, 'stderr', rules.secrets);
  }

  /**
   * Stores the rest of the output.
   * @returns the number of bytes, all of them stored, and the number of bytes that were omitted
   */
  async finish(): Promise<{ bytes: number; omitted: number }> {
    for (const source of this.sources) await source.settled();
    for (const source of this.sources) source.flush();
    this.limiter?.end();
    this.seal();
    if (this.writing > 0 || this.waiting.length > 0)
      await new Promise<void>((resolve) => (this.idle = resolve));
    return { bytes: this.offset, omitted: this.limiter?.omitted ?? 0 };
  }

  /** Stops storing, because the database would refuse every segment. */
  abandon(): void {
    this.fenced = true;
    this.waiting = [];
    this.unstoredSegments = [];
    for (const source of this.sources) source.resume();
    if (this.writing === 0) this.idle?.();
  }

  /**
   * Publishes unstored frames again: a subscriber that has missed them finds them nowhere else. Does nothing when there are many, since
   * most of them are stored soon.
   */
  republish(): void {
    const now = performance.now();
    if (this.fenced || this.unstored > segmentBytes || now - this.republishedAt < republishMs) return;
    this.republishedAt = now;
    for (const { frames } of [...this.unstoredSegments, this.segment])
      for (const frame of frames) this.bus.publish(outputChannel(this.executionId), encodeFrame(frame));
  }

  private record(
    readable: Readable,
    stream: OutputFrame['stream'],
    secrets: SecretPatterns | undefined,
  ): void {
    const masker = secrets && new SecretMasker(secrets);
    const splitter = new Utf8Splitter();
    const add = (piece: Piece | undefined) => {
      if (piece && !this.fenced) this.limiter?.add({ stream, time: Date.now(), ...piece });
    };
    const source = new MaskedSource(readable, masker, {
      push: (bytes) => bytes.length > 0 && add(splitter.push(bytes)),
      end: () => add(splitter.end()),
      isOver: () => this.fenced,
      hasRoom: () => this.unstored <= maxUnstored,
    });
    this.sources.push(source);
    readable.on('error', (error) =>
      this.logger.warn({ err: error, execution_id: this.executionId }, 'a pipe broke'),
    );
  }

  private append(chunk: Chunk): void {
    if (this.fenced) return;
    const frame: OutputFrame = { offset: this.offset, ...chunk };
    this.offset += chunk.content.length;
    this.unstored += chunk.content.length;
    this.bus.publish(outputChannel(this.executionId), encodeFrame(frame));
    this.segment.frames.push(frame);
    this.segment.bytes += chunk.content.length;
    if (this.segment.bytes >= segmentBytes) this.seal();
    else this.timer ??= setTimeout(() => this.seal(), segmentMs);
    if (this.unstored > maxUnstored) for (const source of this.sources) source.pause();
  }

  private seal(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.segment.frames.length > 0) {
      this.waiting.push(this.segment);
      this.unstoredSegments.push(this.segment);
      this.segment = { frames: [], bytes: 0 };
    }
    while (this.writing < writers && this.waiting.length > 0) void this.write(this.waiting.shift()!);
  }

  private async write(segment: Segment): Promise<void> {
    this.writing += 1;
    const kept = await this.store(segment);
    this.writing -= 1;
    if (!kept && !this.fenced) {
      this.abandon();
      this.events.onFenced();
    }
    if (kept && !this.fenced) outputBytes.inc(segment.bytes);
    this.unstored -= segment.bytes;
    this.publishStored(segment);
    if (this.unstored <= maxUnstored / 2) for (const source of this.sources) source.resume();
    if (this.waiting.length > 0) this.seal();
    else if (this.writing === 0) this.idle?.();
  }

  /** Retries until the database accepts or refuses the segment, or until `abandon` is called. @returns false when it is refused */
  private async store(segment: Segment): Promise<boolean> {
    for (;;) {
      if (this.fenced) return true;
      try {
        return await appendSegment(this.database, this.executionId, this.generation, segment.frames);
      } catch (error) {
        if (!isDatabaseAway(error)) {
          this.logger.error({ err: error, execution_id: this.executionId }, 'output could not be stored');
        }
        await delay(retryMs);
      }
    }
  }

  /** Publishes up to which offset the output is stored without a gap. */
  private publishStored({ frames, bytes }: Segment): void {
    const start = frames[0]?.offset ?? 0;
    this.storedAhead.set(start, start + bytes);
    const before = this.stored;
    for (
      let next = this.storedAhead.get(this.stored);
      next !== undefined;
      next = this.storedAhead.get(this.stored)
    ) {
      this.storedAhead.delete(this.stored);
      this.stored = next;
      this.unstoredSegments.shift();
    }
    if (this.stored > before) this.bus.publish(outputChannel(this.executionId), encodeStored(this.stored));
  }
}
