/**
 * How output is read while it is looked through: as it is; with `%41` read as `A` and `+` as a space (URLs and forms); with line
 * breaks left out and `-_` read as `+/` (base64, which tools break into lines); with line breaks left out; or, besides, with
 * the escapes of JSON read as `withoutEscapes` does.
 */
export type Reading = 'exact' | 'percent' | 'base64' | 'folded' | 'escaped';

/** A table entry for a byte that is not simply read as another one. */
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
    // as `withoutEscapes` has them
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

/** What each byte is read as. */
export const tables: Record<Reading, Uint16Array> = {
  exact: tableOf('exact'),
  percent: tableOf('percent'),
  base64: tableOf('base64'),
  folded: tableOf('folded'),
  escaped: tableOf('escaped'),
};

/** The bytes that each reading does not simply read. */
export const specials: Record<Reading, readonly number[]> = {
  exact: [],
  percent: [percentSign],
  base64: [0x0a, 0x0d],
  folded: [0x0a, 0x0d],
  escaped: [0x0a, 0x0d, backslash],
};

/** What a hexadecimal digit stands for; -1 for any other byte. */
export function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** 1 for a character of base64, in either alphabet. */
export const isBase64 = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\w+/-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
