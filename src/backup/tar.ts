import { BackupError } from './backup-error.js';

/** The size of a header, and the unit in which contents are padded (POSIX.1-2001, pax, "ustar Interchange Format"). */
export const blockBytes = 512;

/** An entry of an archive. */
export interface Entry {
  /** With slashes between its parts, of which none is empty or `.`; `..` is what the archive says. */
  path: string;
  type: 'file' | 'folder' | 'other';
  mode: number;
  size: number;
}

const fields = {
  name: [0, 100],
  mode: [100, 8],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 6],
  prefix: [345, 155],
} as const;
type Field = keyof typeof fields;

const slice = (header: Buffer, field: Field) =>
  header.subarray(fields[field][0], fields[field][0] + fields[field][1]);
const textOf = (header: Buffer, field: Field) =>
  slice(header, field).toString('latin1').replace(/\0.*$/s, '');

/** Reads a number: octal digits, or for sizes of 8 GiB and more binary, as GNU tar and Postgres write them. */
function numberOf(header: Buffer, field: Field): number {
  const bytes = slice(header, field);
  if ((bytes[0]! & 0x80) !== 0) return Number(bytes.readBigUInt64BE(bytes.length - 8));
  return Number.parseInt(bytes.toString('latin1').replaceAll(/[\0 ]/g, '') || '0', 8);
}

/** The sum of all bytes, for which those of the sum itself count as spaces. */
function checksumOf(header: Buffer): number {
  const [from, length] = fields.checksum;
  return header.reduce((sum, byte, index) => sum + (index >= from && index < from + length ? 32 : byte), 0);
}

const types: Record<string, Entry['type']> = { '0': 'file', '': 'file', '5': 'folder' };

/** Reads a header. @returns undefined for a block of zeros, of which two end an archive @throws BackupError when it is none */
export function readHeader(header: Buffer): Entry | undefined {
  if (header.every((byte) => byte === 0)) return undefined;
  if (numberOf(header, 'checksum') !== checksumOf(header))
    throw new BackupError('The file is damaged: take another backup');
  const [prefix, name] = [textOf(header, 'prefix'), textOf(header, 'name')];
  const isUstar = textOf(header, 'magic') === 'ustar';
  const path = isUstar && prefix !== '' ? `${prefix}/${name}` : name;
  const type = types[textOf(header, 'type')] ?? 'other';
  const size = numberOf(header, 'size');
  return {
    path: path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/'),
    type: type === 'file' && path.endsWith('/') ? 'folder' : type,
    mode: numberOf(header, 'mode') & 0o777,
    // only files have content; Postgres writes no size for the others
    size: type === 'folder' ? 0 : size,
  };
}

/** Makes the header of a file. */
export function makeHeader(path: string, size: number, mode = 0o600): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(path, fields.name[0], 'latin1');
  header.write(octal(mode, 8), fields.mode[0], 'latin1');
  header.write(octal(0, 8) + octal(0, 8), 108, 'latin1');
  header.write(octal(size, 12), fields.size[0], 'latin1');
  header.write(octal(Math.floor(Date.now() / 1000), 12), 136, 'latin1');
  header.write('0', fields.type[0], 'latin1');
  header.write('ustar\x0000', fields.magic[0], 'latin1');
  return withChecksum(header);
}

/** Moves an entry into a folder, by its header. Postgres leaves the prefix empty, and writes no name for which it is needed. */
export function moveInto(folder: string, header: Buffer): Buffer {
  const moved = Buffer.from(header);
  moved.write(folder, fields.prefix[0], 'latin1');
  return withChecksum(moved);
}

function withChecksum(header: Buffer): Buffer {
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, fields.checksum[0], 'latin1');
  return header;
}

/** The bytes behind a content up to the next header. */
export const paddingOf = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;
