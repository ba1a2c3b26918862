import { createHash } from 'node:crypto';
import { Automaton } from './automaton.js';
import { inSteps } from './in-slices.js';
import type { Reading } from './reading.js';
import { secretForms } from './secret-forms.js';
import { SkipTable } from './skip-table.js';

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
  private constructor(readonly sets: readonly PatternSet[]) {}

  /** Prepares patterns at once. @returns undefined when there is nothing to mask */
  static of(secrets: readonly string[]): SecretPatterns | undefined {
    const steps = SecretPatterns.build(secrets);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value.sets.length === 0 ? undefined : value;
    }
  }

  /** Prepares patterns in steps between other work, shared by runs with the same secrets. @returns undefined if nothing is to be masked */
  static async prepare(secrets: readonly string[]): Promise<SecretPatterns | undefined> {
    const key = createHash('sha256').update(JSON.stringify(secrets)).digest('base64');
    const made = known.get(key)?.deref() ?? (await (preparing.get(key) ?? SecretPatterns.make(key, secrets)));
    return made.sets.length === 0 ? undefined : made;
  }

  private static make(key: string, secrets: readonly string[]): Promise<SecretPatterns> {
    const steps = SecretPatterns.build(secrets);
    let made: SecretPatterns | undefined;
    const prepared = inSteps(() => {
      const { done, value } = steps.next();
      if (done) made = value;
      return made !== undefined;
    })
      .then(() => {
        if (known.size >= mostKnown) known.clear();
        known.set(key, new WeakRef(made!));
        return made!;
      })
      .finally(() => preparing.delete(key));
    preparing.set(key, prepared);
    return prepared;
  }

  /** Builds patterns in steps, each of about a millisecond at most. */
  private static *build(secrets: readonly string[]): Generator<undefined, SecretPatterns> {
    const sets: PatternSet[] = [];
    for (const { reading, strings } of yield* secretForms(secrets)) {
      const [automaton, skips] = [new Automaton(strings), new SkipTable(strings)];
      yield;
      yield* automaton.build(strings);
      yield* skips.build(strings);
      sets.push({ reading, automaton, skips });
    }
    return new SecretPatterns(sets);
  }
}
