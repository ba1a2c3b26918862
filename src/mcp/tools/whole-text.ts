import { isUtf8 } from 'node:buffer';

/** The most bytes of a character in UTF-8. */
const longestCharacter = 4;

/** A piece of a file as text. */
export interface TextPiece {
  text: string;
  /** How many of the bytes it is made of. */
  bytes: number;
}

/**
 * Reads a piece of a file as text. A character that the piece cuts at its end is left for the next piece; the rest of one at its beginning is
 * skipped.
 * @param isLast whether the file ends with the piece
 * @returns undefined when it is no text in UTF-8
 */
export function wholeText(piece: Buffer, isLast: boolean): TextPiece | undefined {
  if (piece.includes(0)) return undefined;
  const isInner = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;
  let start = 0;
  while (start < longestCharacter - 1 && isInner(piece[start])) start += 1;
  for (let cut = 0; cut < longestCharacter; cut += 1) {
    const end = piece.length - cut;
    if (end < start) break;
    if (isUtf8(piece.subarray(start, end))) return { text: piece.toString('utf8', start, end), bytes: end };
    if (isLast) break;
  }
  return undefined;
}
