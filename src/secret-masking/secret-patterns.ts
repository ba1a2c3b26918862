import { createHash } from 'node:crypto';
import { Automaton } from './automaton.js';
import { inSteps } from './in-slices.js';
import { withoutEscapes } from './json-escape.js';
import type { Reading } from './reading.js';
import { SkipTable } from './skip-table.js';

/** The shortest secret that is masked and that the API accepts, since a shorter one would be found everywhere. */
const shortest = 4;
/** The shortest line of a secret with several lines that is masked by itself, in bytes. */
const shortestLine = 8;
/** Characters that some JSON encoders escape. */
const escapable = /[^\w\s.,:;~!?@#$%^*()[\]{}|-]|[\n\r\t\b\f]/;

/** The byte strings to search for in one reading of the output. */
export interface PatternSet {
  reading: Reading;
  automaton: Automaton;
  skips: SkipTable;
}

/** Prepared patterns, shared by runs with the same secrets and freed after the last one: a hundred secrets take 245 ms to prepare. */
const known = new Map<string, WeakRef<SecretPatterns>>();
const mostKnown = 1_000;
/** Patterns that are being prepared, shared by runs that start together. */
const preparing = new Map<string, Promise<SecretPatterns>>();

/** The encodings in which the secrets of a run could appear in its output. */
export class SecretPatterns {
  readonly sets: readonly PatternSet[];
  /** Builds the automatons; it must end before a search. */
  private readonly build: Generator<undefined, void>;

  /** Prepares patterns at once. @returns undefined when there is nothing to mask */
  static of(secrets: readonly string[]): SecretPatterns | undefined {
    const made = new SecretPatterns(secrets);
    for (let step = made.build.next(); !step.done; step = made.build.next());
    return made.sets.length === 0 ? undefined : made;
  }

  /** Prepares patterns in steps between other work, shared by runs with the same secrets. @returns undefined if nothing is to be masked */
  static async prepare(secrets: readonly string[]): Promise<SecretPatterns | undefined> {
    const key = createHash('sha256').update(JSON.stringify(secrets)).digest('base64');
    const made = known.get(key)?.deref() ?? (await (preparing.get(key) ?? SecretPatterns.make(key, secrets)));
    return made.sets.length === 0 ? undefined : made;
  }

  private static make(key: string, secrets: readonly string[]): Promise<SecretPatterns> {
    const made = new SecretPatterns(secrets);
    const prepared = inSteps(() => made.build.next().done === true)
      .then(() => {
        if (known.size >= mostKnown) known.clear();
        known.set(key, new WeakRef(made));
        return made;
      })
      .finally(() => preparing.delete(key));
    preparing.set(key, prepared);
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
      // a secret without characters that URLs encode is found by the exact reading
      if (/[^\w.~-]/.test(secret)) percent.push(Buffer.from(secret.replaceAll('+', ' ')));
      base64.push(...base64Forms(Buffer.from(secret)));
    }
    const kinds = (
      [
        ['exact', exact],
        ['percent', percent],
        ['base64', base64],
        // without characters to escape, the cheaper reading is enough: output may be full of backslashes
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
 * Returns the base64 texts (RFC 4648) that can contain a secret: it may follow 0, 1 or 2 bytes of a group of three. They include only the
 * characters that the secret alone determines, and in a second form also the last one as it is when no byte follows the secret. The
 * scanner reads the URL alphabet as the standard one.
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

/** Returns a secret as the readings without line breaks and escapes see it. */
function foldedForms(secret: string): Buffer[] {
  return [secret, secret.replaceAll(/[\r\n]/g, '')].map((text) => Buffer.from(withoutEscapes(text)));
}
