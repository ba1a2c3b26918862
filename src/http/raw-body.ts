import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A body that its route reads in a format of its own. */
export class RawBody {
  constructor(
    readonly bytes: Buffer,
    /** As its sender named it. */
    readonly mediaType: string,
  ) {}

  /** What tells whether two requests send the same, without the bytes. */
  toJSON() {
    return { media_type: this.mediaType, sha256: createHash('sha256').update(this.bytes).digest('hex') };
  }
}

/** The schema of a raw body, which must not be empty. */
export const rawBodySchema = z
  .instanceof(RawBody, { message: 'Send the file as the body' })
  .refine(({ bytes }) => bytes.length > 0, 'The file is empty')
  .meta({ type: 'string', contentMediaType: 'application/octet-stream' });
