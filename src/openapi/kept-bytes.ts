import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const compressors = {
  // The best quality takes a hundred times as long and saves a tenth.
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes),
};
type Encoding = keyof typeof compressors;

/**
 * A document that is the same for everybody, made and compressed at its first use and then kept: anybody may ask for it, so an answer
 * must cost no more than the bytes that are sent.
 */
export class KeptBytes {
  private plain: Buffer | undefined;
  private readonly compressed = new Map<Encoding, Promise<Buffer>>();

  constructor(private readonly make: () => Buffer) {}

  /**
   * Returns the bytes in the best encoding that a client accepts.
   * @param accepted the request's `Accept-Encoding`
   */
  async in(accepted: string | undefined): Promise<{ encoding: Encoding | undefined; bytes: Buffer }> {
    const bytes = (this.plain ??= this.make());
    const encoding = encodingOf(accepted);
    if (encoding === undefined) return { encoding, bytes };
    let kept = this.compressed.get(encoding);
    if (kept === undefined) this.compressed.set(encoding, (kept = compressors[encoding](bytes)));
    return { encoding, bytes: await kept };
  }
}

/** Chooses an encoding by `Accept-Encoding` (RFC 9110 §12.5.3): what has the weight 0 is refused. */
function encodingOf(accepted = ''): Encoding | undefined {
  const names = accepted
    .toLowerCase()
    .split(',')
    .map((item) => item.split(';').map((part) => part.trim()))
    .filter(([, ...weights]) => !weights.some((weight) => /^q=0(\.0*)?$/.test(weight)))
    .map(([name]) => name);
  return (['br', 'gzip'] as const).find((encoding) => names.includes(encoding));
}

/** A document in which the address of the server stands, made once with a mark in its place. */
export class KeptForHost {
  private parts: Buffer[] | undefined;

  /**
   * @param make writes the text with the address it is given
   * @param written writes an address as it stands in the text
   */
  constructor(
    private readonly make: (baseUrl: string) => string,
    private readonly written: (baseUrl: string) => string = (baseUrl) => baseUrl,
  ) {}

  /** Returns the document with the address that a client has requested. */
  with(baseUrl: string): Buffer {
    this.parts ??= this.make(mark)
      .split(mark)
      .map((part) => Buffer.from(part));
    const [first, ...others] = this.parts;
    const url = Buffer.from(this.written(baseUrl));
    return Buffer.concat([first!, ...others.flatMap((part) => [url, part])]);
  }
}

/** No text of ours has it. */
const mark = 'http://address-of-the-server.invalid';
