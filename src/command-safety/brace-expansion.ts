/** The most choices of one brace expansion that are tracked. */
const maxChoices = 32;

/**
 * Returns the choices of a brace expansion with their quotes: `{a,"b c",{d,e}}` gives `a`, `"b c"`, `{d,e}`.
 * @param text the expansion from its opening to its closing brace
 * @returns undefined for a sequence such as `{1..9}`
 */
export function braceChoices(text: string): string[] | undefined {
  const choices: string[] = [];
  let depth = 0;
  let start = 1;
  let quote: string | undefined;
  for (let i = 1; i < text.length; i += 1) {
    const character = text[i]!;
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (character === '\\' && quote === '"') i += 1;
    } else if (character === '\\') i += 1;
    else if (character === '"' || character === "'" || character === '`') quote = character;
    else if (character === '{' || character === '(') depth += 1;
    else if (depth > 0 && (character === '}' || character === ')')) depth -= 1;
    else if (depth === 0 && (character === ',' || i === text.length - 1)) {
      choices.push(text.slice(start, i));
      start = i + 1;
      if (choices.length >= maxChoices) break;
    }
  }
  return choices.length > 1 ? choices : undefined;
}
