const marks = /[\u0300-\u036f]+/g;
const separators = /[\p{Cc} -/:-@[-`{-\u00bf\u2000-\u206f\u2190-\u2bff\u3000-\u303f]+/gu;
const unspaced =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\u{20000}-\u{2ffff}]+/gu;

/** What has to be there of a text that is looked for: words in a row, and pairs of characters of what is written without spaces. */
export interface SoughtWords {
  /** Words in a row, each way to write them; none for a text that has no such words. */
  phrases: string[];
  /** Each two characters in a row, or a single one. */
  pairs: string[];
}

/**
 * Folds what is looked for in the way in which the function `words_of` of the database folds what is found: without accents,
 * compatibility forms and punctuation, the `v` before a version apart. An identifier such as `parseHttpRequest` is found whole and by its parts.
 */
export function soughtWords(text: string): SoughtWords {
  const folded = text
    .normalize('NFKD')
    .replace(marks, '')
    .normalize('NFC')
    .replace(separators, ' ')
    .replace(/(^| )([vV])(?=[0-9])/g, '$1$2 ');
  const spaced = folded.replace(unspaced, ' ').trim();
  const parts = spaced.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');
  const pairs = [...folded.matchAll(unspaced)].flatMap(([run]) => pairsOf([...run]));
  return { phrases: spaced === '' ? [] : [...new Set([spaced, parts])], pairs: [...new Set(pairs)] };
}

function pairsOf(characters: string[]): string[] {
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}
