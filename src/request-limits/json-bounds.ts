import { isExactNumber } from './exact-number.js';
import { maxDepth, maxValues } from '../common/body-limits.js';

const quote = 0x22;
const backslash = 0x5c;

/** The role of each byte of JSON outside of strings: it opens or closes a container, separates values, or begins a number. */
const roles = new Uint8Array(256);
const opens = 1;
const closes = 2;
const separates = 3;
const beginsNumber = 4;
for (const character of '[{') roles[character.charCodeAt(0)] = opens;
for (const character of ']}') roles[character.charCodeAt(0)] = closes;
for (const character of ',:') roles[character.charCodeAt(0)] = separates;
for (const character of '-0123456789') roles[character.charCodeAt(0)] = beginsNumber;

/**
 * Scans JSON before it is parsed for too deep nesting, too many values and numbers that parsing would change: 10 MB of `1,` take 0.4 s to
 * parse and at most 10 ms to scan. Names of fields count as values. Malformed JSON is left to the parser.
 * @returns a description of the fault, or undefined
 */
export function faultOfJson(json: Uint8Array): string | undefined {
  let depth = 0;
  let separators = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]!;
    if (byte === quote) {
      at = endOfString(json, at + 1);
      continue;
    }
    const role = roles[byte]!;
    if (role === opens) {
      depth += 1;
      // The outermost container is level 0.
      if (depth > maxDepth + 1) return `Nested deeper than ${maxDepth} levels`;
      separators += 1;
    } else if (role === beginsNumber) {
      const end = endOfNumber(json, at);
      // Short numbers are exact, unless an exponent makes them huge.
      if (end - at > exactDigits || hasExponent(json, at, end)) {
        const text = Buffer.from(json.buffer, json.byteOffset + at, end - at).toString('latin1');
        if (!isExactNumber(text))
          return `The number ${text.slice(0, 40)} cannot be kept exactly: send it as text`;
      }
      at = end - 1;
    } else if (role === closes) depth -= 1;
    else if (role === separates) separators += 1;
    if (separators > maxValues) return `More than ${maxValues} values`;
  }
  return undefined;
}

/** Numbers of up to this many digits are always exact as doubles. */
const exactDigits = 15;

function endOfNumber(json: Uint8Array, start: number): number {
  let at = start + 1;
  while (isOfNumber(json[at])) at += 1;
  return at;
}

/** Tells whether a byte may be part of a number: a digit, a sign, the point or an exponent's letter. */
function isOfNumber(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e || isExponent(byte)
  );
}

const isExponent = (byte: number) => byte === 0x65 || byte === 0x45;

function hasExponent(json: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (isExponent(json[at]!)) return true;
  return false;
}

/** The bytes that are scanned one by one before `indexOf` is called, which costs as much as 60 of them. */
const shortBytes = 64;

/** The index of a string's closing quote, or the length of the JSON if there is none. @param start the index behind the opening quote */
export function endOfString(json: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const near = at + shortBytes;
    for (; at < near; at += 1) {
      const byte = json[at];
      if (byte === quote || byte === undefined) return at;
      if (byte === backslash) at += 1;
    }
    const next = json.indexOf(quote, at);
    if (next < 0) return json.length;
    let before = next - 1;
    while (before >= at && json[before] === backslash) before -= 1;
    if ((next - before) % 2 === 1) return next;
    at = next + 1;
  }
}
