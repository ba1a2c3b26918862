/** The most people that one comment mentions; further names are text. */
export const mostMentions = 50;

/** An at sign that begins a word, and a name that does not end in a dot or hyphen, which belong to the sentence. */
const mention =
  /(?<![\p{L}\p{N}_.@/-])@([A-Za-z0-9](?:[A-Za-z0-9._-]{1,62}[A-Za-z0-9_])?[A-Za-z0-9_]?)(?![\p{L}\p{N}@])/gu;
/** Code, in which an at sign is no mention: blocks between fences, and spans between backticks. */
const code = /(`{3,}|~{3,})[\s\S]*?(?:\1|$)|(`+)(?!`)[\s\S]*?[^`]\2(?!`)/g;

/**
 * Finds the user names that a Markdown text mentions as `@name`, except in code.
 * @returns the names in lower case, each once, at most `mostMentions`
 */
export function mentionedNames(text: string): string[] {
  const names = [...text.replace(code, ' ').matchAll(mention)].map(([, name]) => name!.toLowerCase());
  return [...new Set(names)].filter((name) => name.length >= 3).slice(0, mostMentions);
}
