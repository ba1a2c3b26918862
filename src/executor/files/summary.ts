import { SecretMasker } from '../../secret-masking/secret-masker.js';
import type { SecretPatterns } from '../../secret-masking/secret-patterns.js';

const mostBytes = 1024 * 1024;
/** The most that is read of the file: masks are shorter than secrets, and a secret at the limit must be read as a whole. */
export const mostReadBytes = 2 * mostBytes;
const cutMark = '\n\n… (this summary has more than 1 MiB, and was cut)\n';

/** The name of the file that a run may write its summary to. */
export const summaryName = (executionId: string): string => `${executionId}.md`;

/** Collects the summary of a run: masks secrets as in its output, and cuts what is too long. */
export class Summary {
  private readonly pieces: Buffer[] = [];
  private readonly masker: SecretMasker | undefined;
  private hasMore = false;
  private bytes = 0;

  constructor(secrets: SecretPatterns | undefined) {
    this.masker = secrets && new SecretMasker(secrets);
  }

  /** Adds what was read of the file. What is beyond the bound is cut: the collector should not send it, but others may write as it. */
  push(bytes: Buffer): void {
    if (this.hasMore) return;
    this.bytes += bytes.length;
    if (this.bytes > mostReadBytes) return this.cut();
    // the frame that the bytes are of is not kept
    this.pieces.push(this.masker ? this.masker.push(bytes) : Buffer.from(bytes));
  }

  /** Notes that the file is longer than what was read of it. */
  cut(): void {
    this.hasMore = true;
  }

  /** Returns the text, of valid UTF-8 and without NUL; undefined when there was none. */
  end(): Buffer | undefined {
    // of a file that was not read to its end, what is held may be the first half of a secret
    if (this.masker && !this.hasMore) this.pieces.push(this.masker.end());
    const bytes = Buffer.concat(this.pieces);
    if (bytes.length === 0) return undefined;
    const text = wellFormed(bytes);
    if (!this.hasMore && text.length <= mostBytes) return text;
    const kept = new TextDecoder().decode(text.subarray(0, mostBytes - cutMark.length * 3), { stream: true });
    return Buffer.from(kept + cutMark);
  }
}

const wellFormed = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('utf8').replaceAll('\0', '\uFFFD'));
