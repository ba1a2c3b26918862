/** The most characters of a number. A double has at most 767 digits that say which it is, and parsers need no longer ones. */
const maxCharacters = 1_000;
const parts = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** The most significant digits of a double in its shortest form that reads back as the same double. */
const maxDigits = 17;

/**
 * Tells whether a JSON number survives parsing and serializing by JavaScript unchanged. RFC 8259 §6 lets a parser round: 2^53 + 1 would
 * become 2^53, and `1e400` null. A number of more than 1,000 characters does not: it is not even read.
 * @param text a JSON number; other text counts as exact and is left to the parser
 */
export function isExactNumber(text: string): boolean {
  if (text.length > maxCharacters) return false;
  if (!parts.test(text)) return true;
  const value = Number(text);
  return Number.isFinite(value) && normalized(text) === normalized(String(value));
}

/** Normalizes a number to its digits without zeros at either end and a power of ten: the same text for every notation. */
function normalized(text: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = parts.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  const kept = digits.slice(0, end);
  if (kept === '') return '0';
  if (kept.length > maxDigits) return text;
  return `${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}
