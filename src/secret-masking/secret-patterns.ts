import { createHash } from 'node:crypto';
import { Automaton } from './automaton.js';
import { inTurns } from './in-slices.js';
import { withoutEscapes } from './json-escape.js';
import type { Reading } from './reading.js';
import { SkipTable } from './skip-table.js';

/** The shortest secret that is masked and that the API accepts, since a shorter one would be found everywhere. */
const shortest = 4;
/** A line of a secret with several lines is hidden by itself if it has as many bytes. */
const shortestLine = 8;
/** What some encoder of JSON does not write as it is. */
const escapable = /[^\w\s.,:;~!?@#$%^*()[\]{}|-]|[\n\r\t\b\f]/;

/** What to look for in one reading of the output. */
export interface PatternSet {
  reading: Reading;
  automaton: Automaton;
  skips: SkipTable;
}

/** What runs of the same secrets share: a hundred of them take 245 ms to prepare. They are kept no longer than a run needs them. */
const known = new Map<string, WeakRef<SecretPatterns>>();
const mostKnown = 1_000;
/** Patterns that are being prepared, shared by runs that start together. */
const coming = new Map<string, Promise<SecretPatterns>>();

/** The forms in which the secrets of a run could show in its output. */
export class SecretPatterns {
  readonly sets: readonly PatternSet[];
  /** The preparation that remains before a search. */
  private readonly build: Generator<undefined, void>;

  /** @returns undefined when there is nothing to look for, so that output passes untouched */
  static of(secrets: readonly string[]): SecretPatterns | undefined {
    const made = new SecretPatterns(secrets);
    for (let step = made.build.next(); !step.done; step = made.build.next());
    return made.sets.length === 0 ? undefined : made;
  }

  /** Prepares the patterns of a run in slices; runs with the same secrets share them. */
  static async prepare(secrets: readonly string[]): Promise<SecretPatterns | undefined> {
    const key = createHash('sha256').update(JSON.stringify(secrets)).digest('base64');
    const made = known.get(key)?.deref() ?? (await (coming.get(key) ?? SecretPatterns.make(key, secrets)));
    return made.sets.length === 0 ? undefined : made;
  }

  private static make(key: string, secrets: readonly string[]): Promise<SecretPatterns> {
    const made = new SecretPatterns(secrets);
    const prepared = inTurns(() => made.build.next().done === true)
      .then(() => {
        if (known.size >= mostKnown) known.clear();
        known.set(key, new WeakRef(made));
        return made;
      })
      .finally(() => coming.delete(key));
    coming.set(key, prepared);
    return prepared;
  }

  private constructor(secrets: readonly string[]) {
    const exact: Buffer[] = [];
    const percent: Buffer[] = [];
    const base64: Buffer[] = [];
    const folded: Buffer[] = [];
    for (const secret of secrets.filter((text) => Buffer.byteLength(text) >= shortest)) {
      const lines = secret.split(/\r\n|[\r\n]/).map((line) => line.trim());
      exact.push(...[secret, secret.trim()].map((text) => Buffer.from(text)));
      folded.push(...foldedForms(secret), ...foldedForms(secret.trim()));
      if (lines.length > 1)
        exact.push(...lines.map((line) => Buffer.from(line)).filter(({ length }) => length >= shortestLine));
      // what is written as it is in a URL has been found by the exact reading
      if (/[^\w.~-]/.test(secret)) percent.push(Buffer.from(secret.replaceAll('+', ' ')));
      base64.push(...base64Forms(Buffer.from(secret)));
    }
    const kinds = (
      [
        ['exact', exact],
        ['percent', percent],
        ['base64', base64],
        // nobody escapes letters and digits, and output may be full of backslashes
        [secrets.some((secret) => escapable.test(secret)) ? 'escaped' : 'folded', folded],
      ] as const
    )
      .map(([reading, all]) => ({ reading, strings: all.filter(({ length }) => length >= shortest) }))
      .filter(({ strings }) => strings.length > 0)
      .map(({ reading, strings }) => ({
        strings,
        set: { reading, automaton: new Automaton(strings), skips: new SkipTable(strings) },
      }));
    this.sets = kinds.map(({ set }) => set);
    this.build = (function* () {
      for (const { set, strings } of kinds) yield* set.automaton.build(strings);
    })();
  }
}

/**
 * How base64 (RFC 4648) shows a secret that stands anywhere in what is encoded: after 0, 1 or 2 bytes of a group of three. Of the
 * characters at its ends those count that the secret alone decides, and the last one also as it is when nothing follows. The
 * scanner reads the URL alphabet as the usual one.
 */
function base64Forms(secret: Buffer): Buffer[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), secret])
      .toString('base64')
      .replaceAll('=', '');
    const start = Math.ceil((before * 8) / 6);
    const decided = Math.floor(((before + secret.length) * 8) / 6);
    return [encoded.slice(start, decided), encoded.slice(start)].map((text) => Buffer.from(text));
  });
}

/** A secret as it is read without escapes and line breaks. */
function foldedForms(secret: string): Buffer[] {
  return [secret, secret.replaceAll(/[\r\n]/g, '')].map((text) => Buffer.from(withoutEscapes(text)));
}
