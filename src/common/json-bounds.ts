import { maxDepth, maxValues } from './limits.js';

const quote = 0x22;
const backslash = 0x5c;

/** What each byte of JSON outside of its strings does: opens, closes, or stands between two values. */
const roles = new Uint8Array(256);
const opens = 1;
const closes = 2;
const separates = 3;
for (const character of '[{') roles[character.charCodeAt(0)] = opens;
for (const character of ']}') roles[character.charCodeAt(0)] = closes;
for (const character of ',:') roles[character.charCodeAt(0)] = separates;

/**
 * Tells from the bytes of JSON whether it nests too deeply or holds too many values, before it is parsed: 10 MB of `1,` take
 * 0.4 s to parse and 10 ms at most to look through. Names of fields count as values. What is no JSON is left to the parser.
 * @returns what is wrong, or undefined
 */
export function boundExceeded(json: Uint8Array): string | undefined {
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
      // the outermost one is level 0
      if (depth > maxDepth + 1) return `Nested deeper than ${maxDepth} levels`;
      separators += 1;
    } else if (role === closes) depth -= 1;
    else if (role === separates) separators += 1;
    if (separators > maxValues) return `More than ${maxValues} values`;
  }
  return undefined;
}

/** Short strings are looked through byte by byte: a call of `indexOf` takes as long as 60 bytes of that. */
const shortBytes = 64;

/** Where the string whose first byte this is ends: at its closing quote, or behind the last byte. */
function endOfString(json: Uint8Array, start: number): number {
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
