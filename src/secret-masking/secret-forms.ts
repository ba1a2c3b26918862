import { withoutEscapes } from './json-escape.js';
import type { Reading } from './reading.js';

/** The shortest secret that is masked and that the API accepts, since a shorter one would be found everywhere. */
const shortest = 4;
/** The shortest line of a secret with several lines that is masked by itself, in bytes. */
const shortestLine = 8;
/** The number of lines that are taken between two yields: well below a millisecond. */
const linesAtOnce = 256;
/** Characters that some JSON encoders escape. */
const escapable = /[^\w\s.,:;~!?@#$%^*()[\]{}|-]|[\n\r\t\b\f]/;

/** The byte strings to search for in one reading of the output, none of them shorter than a secret may be. */
export interface SecretForms {
  reading: Reading;
  strings: Buffer[];
}

/**
 * Lists the byte strings as which secrets can appear in output, by the reading in which they are searched for. It yields after each form of a
 * secret and some of its lines: those of fifty secrets with hundreds of lines each take half a second.
 * @returns a reading only where there is something to search for
 */
export function* secretForms(secrets: readonly string[]): Generator<undefined, SecretForms[]> {
  const exact: Buffer[] = [];
  const percent: Buffer[] = [];
  const base64: Buffer[] = [];
  const folded: Buffer[] = [];
  let isEscapable = false;
  for (const secret of secrets) {
    if (Buffer.byteLength(secret) < shortest) continue;
    isEscapable ||= escapable.test(secret);
    for (const text of new Set([secret, secret.trim()])) {
      add(exact, text);
      // as the readings without line breaks and escapes see it
      for (const form of new Set([text, text.replaceAll(/[\r\n]/g, '')])) {
        add(folded, withoutEscapes(form));
        yield;
      }
    }
    yield* addLines(exact, secret);
    // a secret without characters that URLs encode is found by the exact reading
    if (/[^\w.~-]/.test(secret)) add(percent, secret.replaceAll('+', ' '));
    for (const form of base64Forms(Buffer.from(secret))) add(base64, form);
    yield;
  }
  const forms: SecretForms[] = [
    { reading: 'exact', strings: exact },
    { reading: 'percent', strings: percent },
    { reading: 'base64', strings: base64 },
    // without characters to escape, the cheaper reading is enough: output may be full of backslashes
    { reading: isEscapable ? 'escaped' : 'folded', strings: folded },
  ];
  return forms.filter(({ strings }) => strings.length > 0);
}

function add(strings: Buffer[], text: string): void {
  const string = Buffer.from(text);
  if (string.length >= shortest) strings.push(string);
}

/** Adds the lines of a secret that has several. */
function* addLines(strings: Buffer[], secret: string): Generator<undefined, void> {
  if (!/[\r\n]/.test(secret)) return;
  let taken = 0;
  for (const [line] of secret.matchAll(/[^\r\n]+/g)) {
    const string = Buffer.from(line.trim());
    if (string.length >= shortestLine) strings.push(string);
    taken += 1;
    if (taken % linesAtOnce === 0) yield;
  }
}

/**
 * Returns the base64 texts (RFC 4648) that can contain a secret: it may follow 0, 1 or 2 bytes of a group of three. They include only the
 * characters that the secret alone determines, and in a second form also the last one as it is when no byte follows the secret. The
 * scanner reads the URL alphabet as the standard one.
 */
function base64Forms(secret: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), secret])
      .toString('base64')
      .replaceAll('=', '');
    const start = Math.ceil((before * 8) / 6);
    const decided = Math.floor(((before + secret.length) * 8) / 6);
    return [encoded.slice(start, decided), encoded.slice(start)];
  });
}
