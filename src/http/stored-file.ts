import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { onClosed } from './on-closed.js';

/** Images that a browser may show, by the bytes that they begin with: nothing in them is run. */
const images: [mediaType: string, isOne: (start: Buffer) => boolean][] = [
  ['image/png', (start) => start.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))],
  ['image/jpeg', (start) => start.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))],
  ['image/gif', (start) => /^GIF8[79]a/.test(start.toString('latin1', 0, 6))],
  ['image/webp', (start) => /^RIFF[^]{4}WEBP/.test(start.toString('latin1', 0, 12))],
];

/** The media types in which a file is sent. */
export const fileMedia = Object.fromEntries(
  ['application/octet-stream', ...images.map(([mediaType]) => mediaType)].map((mediaType) => [mediaType, {}]),
);

/** A file whose content is stored in parts. */
export interface StoredFile {
  name: string;
  /** Bytes. */
  size: number;
  /** Reads a part, from 0 on. @returns undefined behind the last one, and when the file has been removed meanwhile */
  read: (part: number) => Promise<Buffer | undefined>;
}

/**
 * Sends a file part by part. A browser saves it, whatever it claims to be, unless it is an image by its content.
 * @returns false, with nothing sent, when the file has been removed
 */
export async function sendStoredFile(
  reply: FastifyReply,
  { name, size, read }: StoredFile,
): Promise<boolean> {
  const parts = contentOf(read);
  const first = await parts.next();
  if (first.done && size > 0) return false;
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
  return true;
}

/** Reads the content of a file part by part. It ends early when the file is removed meanwhile. */
async function* contentOf(read: StoredFile['read']): AsyncGenerator<Buffer> {
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
