import { Injectable } from '@nestjs/common';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { AppError } from '../common/errors.js';
import { onClosed } from '../http/on-closed.js';
import { Database } from '../infra/database.js';
import { readContent } from './attachments.queries.js';
import type { AttachmentView } from './attachments.schema.js';

/** Images that a browser may show, by the bytes that they begin with: nothing in them is run. */
const images: [mediaType: string, isOne: (start: Buffer) => boolean][] = [
  ['image/png', (start) => start.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))],
  ['image/jpeg', (start) => start.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))],
  ['image/gif', (start) => /^GIF8[79]a/.test(start.toString('latin1', 0, 6))],
  ['image/webp', (start) => /^RIFF[^]{4}WEBP/.test(start.toString('latin1', 0, 12))],
];

/** The media types in which a content is sent. */
export const contentMedia = Object.fromEntries(
  ['application/octet-stream', ...images.map(([mediaType]) => mediaType)].map((mediaType) => [mediaType, {}]),
);

/** Sends the content of attached files. */
@Injectable()
export class AttachmentContent {
  constructor(private readonly database: Database) {}

  /**
   * Sends a file; the caller must have checked that the client may read it. A browser saves it, whatever it claims to be, unless it is an
   * image by its content.
   * @throws ATTACHMENT_IS_LINK; RESOURCE_NOT_FOUND when it has been deleted meanwhile
   */
  async send(reply: FastifyReply, { id, name, url, size }: AttachmentView): Promise<void> {
    if (url !== null) throw new AppError('ATTACHMENT_IS_LINK', { attachment_id: id, url });
    const parts = readContent(this.database, id);
    const first = await parts.next();
    if (first.done && size > 0) throw new AppError('RESOURCE_NOT_FOUND', { attachment_id: id });
    const start = first.done ? Buffer.alloc(0) : first.value;
    const image = images.find(([, isOne]) => isOne(start))?.[0];
    const stream = Readable.from(following(start, parts), { objectMode: false });
    onClosed(reply.raw, () => stream.destroy());
    await reply
      .header('Content-Type', image ?? 'application/octet-stream')
      .header('Content-Length', size)
      .header('Content-Disposition', contentDisposition(name, { type: image ? 'inline' : 'attachment' }))
      .header('X-Content-Type-Options', 'nosniff')
      .header('Content-Security-Policy', "default-src 'none'; sandbox")
      .header('Cache-Control', 'private, no-store, no-transform')
      .send(stream);
  }
}

async function* following(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}
