const parts = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** No double has more significant digits, written out in the shortest way that reads back as the same double. */
const mostDigits = 17;

/**
 * Tells whether a number of JSON is still the same number once JavaScript has read it and written it again. RFC 8259 §6 lets a
 * reader round: 2^53 + 1 would come back as 2^53, and `1e400` as null.
 * @param text a number as JSON writes it; what is no number is left to the parser
 */
export function isExactNumber(text: string): boolean {
  if (!parts.test(text)) return true;
  const value = Number(text);
  return Number.isFinite(value) && plain(text) === plain(String(value));
}

/** A number's digits without zeros at either end, and its power of ten: the same text for every way to write the number. */
function plain(text: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = parts.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  if (kept.length > mostDigits) return text;
  return `${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}
