import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { backgroundTurn } from '../common/background-turns.js';
import { mostFileBytes } from '../common/body-limits.js';
import { AppError } from '../common/errors.js';

/** A file of a request. */
export class UploadedFile {
  constructor(
    /** Without folders and control characters, of at most 255 characters. */
    readonly name: string,
    /** As its sender named it. */
    readonly mediaType: string,
    /** In the order of the file; they are parts of the body. */
    readonly chunks: readonly Buffer[],
    readonly size: number,
    /** Of the bytes, in hexadecimal. */
    readonly sha256: string,
  ) {}

  /** What tells whether two requests send the same, without the bytes. */
  toJSON() {
    return { name: this.name, media_type: this.mediaType, sha256: this.sha256 };
  }
}

/** So many bytes are parsed at a time: empty parts of 256 KiB would block the event loop for 0.3 s. */
const sliceBytes = 16 * 1024;

const limits = {
  fieldNameSize: 100,
  fieldSize: 4_096,
  fields: 8,
  files: 1,
  parts: 9,
  headerPairs: 16,
  headerSize: 4_096,
  fileSize: mostFileBytes,
};

/**
 * Parses a body of several parts (RFC 7578): its texts, and its file as an `UploadedFile`.
 * @throws MALFORMED_REQUEST; PAYLOAD_TOO_LARGE for a file that is too large, or more parts than a route takes
 */
export function parseMultipart(headers: IncomingHttpHeaders, body: Buffer): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const malformed = (cause: unknown) =>
      reject(
        new AppError('MALFORMED_REQUEST', {}, { message: 'The parts of the body cannot be read', cause }),
      );
    const fields = new Map<string, unknown>();
    let parser: BusboyInstance;
    try {
      parser = new Busboy({ headers: headers as BusboyHeaders, limits });
    } catch (cause) {
      return malformed(cause);
    }
    // what follows is not read: a million parts would take seconds
    const tooLarge = () => {
      reject(new AppError('PAYLOAD_TOO_LARGE'));
      parser.destroy();
    };
    parser.on('field', (name, value, nameTruncated, valueTruncated) => {
      if (nameTruncated || valueTruncated) tooLarge();
      else fields.set(name, value);
    });
    parser.on('file', (name, stream, fileName, _encoding, mediaType) => {
      const chunks: Buffer[] = [];
      const hash = createHash('sha256');
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        hash.update(chunk);
      });
      stream.on('limit', tooLarge);
      stream.on('error', malformed);
      stream.on('end', () => {
        const size = chunks.reduce((sum, { length }) => sum + length, 0);
        const content = [chunks, size, hash.digest('hex')] as const;
        fields.set(name, new UploadedFile(plainName(fileName), mediaTypeOf(mediaType), ...content));
      });
    });
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) parser.on(limit, tooLarge);
    parser.on('error', malformed);
    parser.on('finish', () => resolve(Object.fromEntries(fields)));
    feed(parser, body).catch(malformed);
  });
}

/** Other requests are served between the slices of a large body. */
async function feed(parser: BusboyInstance, body: Buffer): Promise<void> {
  for (let at = 0; at < body.length && !parser.destroyed; at += sliceBytes) {
    parser.write(body.subarray(at, at + sliceBytes));
    await backgroundTurn();
  }
  if (!parser.destroyed) parser.end();
}

/** The name of a file without folders and control characters: the last part of a path, as clients of other systems may send it (RFC 7578 §4.2). */
export function plainName(name: string | undefined): string {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? '';
  return (
    last
      .replaceAll(/\p{Cc}/gu, '')
      .trim()
      .slice(0, 255) || 'file'
  );
}

/** A media type without parameters (RFC 9110 §8.3.1). */
function mediaTypeOf(given: string): string {
  const [type = ''] = given.toLowerCase().split(';');
  return /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64}$/.test(type.trim())
    ? type.trim()
    : 'application/octet-stream';
}
