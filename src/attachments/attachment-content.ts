import { Injectable } from '@nestjs/common';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { closedSignal, onClosed } from '../http/on-closed.js';
import { Database } from '../infra/database.js';
import { DownloadWatch } from '../projects/download-watch.js';
import { RequestTurns } from '../request-limits/request-turns.js';
import { readPart } from './attachments.queries.js';
import { AttachmentsService } from './attachments.service.js';

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
  constructor(
    private readonly database: Database,
    private readonly attachments: AttachmentsService,
    private readonly turns: RequestTurns,
    private readonly watch: DownloadWatch,
  ) {}

  /**
   * Sends a file as long as the actor may read it; then the connection is cut, by which alone a client can see that the rest is missing. A
   * browser saves it, whatever it claims to be, unless it is an image by its content.
   * @throws RESOURCE_NOT_FOUND, ATTACHMENT_IS_LINK
   */
  async send(reply: FastifyReply, actor: Actor, attachmentId: string): Promise<void> {
    const attachment = await this.turns.take(actor, () => this.attachments.get(actor, attachmentId));
    const { id, name, url, size } = attachment;
    if (url !== null) throw new AppError('ATTACHMENT_IS_LINK', { attachment_id: id, url });
    const check = (reader: Actor) => this.attachments.get(reader, id);
    const downloaded = { project_id: attachment.project_id, check };
    await this.watch.follow(actor, downloaded, () => reply.raw.destroy(), closedSignal(reply.raw));
    const parts = readContent((part) => this.turns.take(actor, () => readPart(this.database, id, part)));
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

/** Reads the content of a file part by part. It ends early when the attachment is deleted meanwhile. */
async function* readContent(read: (part: number) => Promise<Buffer | undefined>): AsyncGenerator<Buffer> {
  for (let part = 0; ; part += 1) {
    const bytes = await read(part);
    if (!bytes) return;
    yield bytes;
  }
}

async function* following(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}
