/**
 * The way in which a scanner decodes output. 'exact': unchanged; 'percent': `%41` as `A` and `+` as a space (URLs and forms); 'base64':
 * without line breaks, since tools break base64 into lines, and with `-_` as `+/`; 'folded': without line breaks; 'escaped': without line
 * breaks, and with JSON escapes decoded as by `withoutEscapes`.
 */
export type Reading = 'exact' | 'percent' | 'base64' | 'folded' | 'escaped';

/** The table entry for a byte that needs more than a lookup: part of an escape or of a line break. */
export const special = 256;
export const percentSign = 0x25;
export const backslash = 0x5c;
export const letterU = 0x75;

function tableOf(reading: Reading): Uint16Array {
  const table = Uint16Array.from({ length: 256 }, (_, byte) => byte);
  const read = (from: string, to: string | undefined) =>
    (table[from.charCodeAt(0)] = to === undefined ? special : to.charCodeAt(0));
  if (reading === 'percent') {
    read('%', undefined);
    read('+', ' ');
  }
  if (reading === 'escaped') {
    read('\\', undefined);
    // as in `withoutEscapes`
    read('\t', 't');
    read('\b', 'b');
    read('\f', 'f');
  }
  if (reading === 'base64') {
    read('-', '+');
    read('_', '/');
  }
  if (reading === 'base64' || reading === 'folded' || reading === 'escaped') {
    read('\n', undefined);
    read('\r', undefined);
  }
  return table;
}

/** The decoded value of each byte for each reading, or `special`. */
export const tables: Record<Reading, Uint16Array> = {
  exact: tableOf('exact'),
  percent: tableOf('percent'),
  base64: tableOf('base64'),
  folded: tableOf('folded'),
  escaped: tableOf('escaped'),
};

/** The bytes whose table entry is `special`, for each reading. */
export const specials: Record<Reading, readonly number[]> = {
  exact: [],
  percent: [percentSign],
  base64: [0x0a, 0x0d],
  folded: [0x0a, 0x0d],
  escaped: [0x0a, 0x0d, backslash],
};

/** Returns the value of a hexadecimal digit, or -1 for any other byte. */
export function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** A table with 1 for the characters of both base64 alphabets. */
export const isBase64 = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\w+/-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
