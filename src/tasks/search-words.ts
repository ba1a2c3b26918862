const marks = /[\u0300-\u036f]+/g;
const separators = /[\p{Cc} -/:-@[-`{-\u00bf\u2000-\u206f\u2190-\u2bff\u3000-\u303f]+/gu;
const unspaced =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\u{20000}-\u{2ffff}]+/gu;

/** The terms that a text is searched by: phrases of words, and pairs of characters in scripts that are written without spaces. */
export interface SearchWords {
  /** The words of the text as a phrase, in each of its spellings; empty for a text without words that are separated by spaces. */
  phrases: string[];
  /** Each pair of adjacent characters, or a single character that has no neighbour. */
  pairs: string[];
}

/**
 * Normalizes a search text in the same way as the database function `words_of` normalizes the indexed text: without accents,
 * compatibility forms and punctuation, and with the `v` of a version split off. An identifier such as `parseHttpRequest` is found whole
 * and by its parts.
 */
export function searchWords(text: string): SearchWords {
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
