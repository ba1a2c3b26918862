import type { MigrationInterface, QueryRunner } from 'typeorm';

// as in 1795740000000-search-words.ts
const marks = '[\\u0300-\\u036f]+';
const separators = '[\\u0001-/:-@\\[-`{-\\u00bf\\u2000-\\u206f\\u2190-\\u2bff\\u3000-\\u303f]+';

/** @param bounded makes of the normalized text what is folded further */
const foldText = (bounded: (normalized: string) => string) => `
  CREATE OR REPLACE FUNCTION fold_text(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(regexp_replace(CASE WHEN given ~ '[^\\x01-\\x7f]'
      THEN ${bounded(`normalize(regexp_replace(normalize(given, NFKD), '${marks}', '', 'g'), NFC)`)} ELSE given END, '${separators}', ' ', 'g'),
      '(^| )([vV])(?=[0-9])', '\\1\\2 ', 'g')
  $$`;

/**
 * Bounds what the search index makes of a text: a single character may normalize to 18, and the words of 50,000 such took Postgres a second.
 * Normalized, what people write is no longer than before, but for a few ligatures and fractions.
 */
export class BoundedWords1797100500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(foldText((normalized) => `left(${normalized}, 2 * length(given) + 100)`));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(foldText((normalized) => normalized));
  }
}
