/** The most characters of a text that an entry keeps. */
const mostOfText = 1_024;
/** The most characters of the JSON of a field that is no text; settings have many. */
const mostOfField = 4_096;

/**
 * Returns the values of changed fields as an entry of the activity log keeps them: of long ones the beginning. Entries stay for a year and
 * count for no limit of storage, while each change may have up to 100 KB. Not for tasks, which are restored from their entries.
 */
export function recordedValues(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, recordedField(value)]));
}

function recordedField(value: unknown): unknown {
  const short = withShortTexts(value);
  const json = JSON.stringify(short) ?? '';
  return typeof short === 'object' && json.length > mostOfField ? cut(json) : short;
}

function withShortTexts(value: unknown): unknown {
  if (typeof value === 'string') return value.length > mostOfText ? cut(value) : value;
  if (Array.isArray(value)) return value.map(withShortTexts);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withShortTexts(inner)]));
}

/** The end may be within a character of two code units, half of which Postgres refuses. */
const cut = (text: string) => `${text.slice(0, mostOfText).toWellFormed()}…`;
