import { searchWords } from './search-words.js';
import { parseTaskName } from './task-ref.js';

type TextField = 'title' | 'description' | 'comment';

/** The syntax tree of a search: words and phrases joined by AND, OR and NOT. */
export type SearchNode =
  | { kind: 'text'; text: string; prefix: boolean; field: TextField | undefined }
  | { kind: 'tag'; tag: string }
  | { kind: 'not'; node: SearchNode }
  | { kind: 'and' | 'or'; nodes: SearchNode[] };

type Token =
  | { type: 'close' | 'and' | 'or' | 'not' }
  | { type: 'open'; field: string | undefined }
  | { type: 'term'; field: string | undefined; text: string; quoted: boolean };

const tokenPattern =
  /(?<![^\s(])-(?=[^\s-])|(?:(title|description|comment|tags?):)?\(|\)|(?:([a-z]+):)?"([^"]*)"?|(?:([a-z]+):)?([^\s()"]+)/giu;
const operators = new Map<string, 'and' | 'or' | 'not'>([
  ['AND', 'and'],
  ['OR', 'or'],
  ['NOT', 'not'],
]);
const searchable = /[\p{L}\p{N}]/u;
const fields = new Set(['title', 'description', 'comment', 'tag', 'tags']);

/** Terms beyond this number are ignored. */
const maxTerms = 32;

function tokenize(input: string): Token[] {
  const tokens: Token[] = [];
  let terms = 0;
  for (const match of input.matchAll(tokenPattern)) {
    const [whole, groupField, quotedField, quoted, bareField, bare] = match;
    const operator = operators.get(whole);
    if (whole.endsWith('(') && quoted === undefined)
      tokens.push({ type: 'open', field: groupField?.toLowerCase() });
    else if (whole === '-') tokens.push({ type: 'not' });
    else if (whole === ')') tokens.push({ type: 'close' });
    else if (operator) tokens.push({ type: operator });
    else {
      const field = (quotedField ?? bareField)?.toLowerCase();
      const known = field !== undefined && fields.has(field);
      // an unknown field belongs to the text, such as in `http://x`
      const text = quoted ?? (known || field === undefined ? (bare ?? '') : whole);
      if (searchable.test(text) && (terms += 1) <= maxTerms) {
        tokens.push({ type: 'term', field: known ? field : undefined, text, quoted: quoted !== undefined });
      }
    }
  }
  return tokens;
}

/**
 * Parses the search syntax of the API: words, "exact phrases", prefix*, AND, OR, NOT, -word, parentheses, field:word and
 * field:(…), where the field is title, description, comment or tag. Adjacent words are joined by AND. Input without meaning, such as an operator
 * without a word, is ignored: no input is an error.
 * @returns undefined when there is nothing to search for
 */
export function parseSearch(input: string): SearchNode | undefined {
  const tokens = tokenize(input);
  let at = 0;

  // disjunction := conjunction (OR conjunction)*
  // conjunction := operand ((AND)? operand)*
  // operand := NOT operand | ( disjunction ) | term
  const disjunction = (field?: string): SearchNode | undefined => {
    const nodes = [conjunction(field)];
    while (tokens[at]?.type === 'or') {
      at += 1;
      nodes.push(conjunction(field));
    }
    return join('or', nodes);
  };
  const conjunction = (field?: string): SearchNode | undefined => {
    const nodes: (SearchNode | undefined)[] = [];
    for (let token = tokens[at]; token && token.type !== 'or' && token.type !== 'close'; token = tokens[at]) {
      if (token.type === 'and') at += 1;
      else nodes.push(operand(field));
    }
    return join('and', nodes);
  };
  const operand = (field?: string): SearchNode | undefined => {
    const token = tokens[at];
    at += 1;
    if (token?.type === 'term') return leaf({ ...token, field: token.field ?? field });
    if (token?.type === 'not') {
      const next = tokens[at];
      const node =
        next?.type === 'term' || next?.type === 'open' || next?.type === 'not' ? operand(field) : undefined;
      return node && { kind: 'not', node };
    }
    if (token?.type !== 'open') return undefined;
    const node = disjunction(token.field ?? field);
    if (tokens[at]?.type === 'close') at += 1;
    return node;
  };

  const parts: (SearchNode | undefined)[] = [];
  // a stray closing parenthesis does not end the search
  while (at < tokens.length) {
    parts.push(disjunction());
    if (tokens[at]?.type === 'close') at += 1;
  }
  return join('and', parts);
}

function join(kind: 'and' | 'or', nodes: (SearchNode | undefined)[]): SearchNode | undefined {
  const present = nodes.filter((node) => node !== undefined);
  return present.length > 1 ? { kind, nodes: present } : present[0];
}

function leaf({ field, text, quoted }: Extract<Token, { type: 'term' }>): SearchNode {
  if (field === 'tag' || field === 'tags') return { kind: 'tag', tag: text };
  const prefix = !quoted && text.endsWith('*');
  return {
    kind: 'text',
    text: prefix ? text.replace(/\*+$/, '') : text,
    prefix,
    field: field as TextField | undefined,
  };
}

const weights = { title: 'A', description: 'B', comment: 'C' } as const;

/**
 * Builds the SQL condition of a search on a row with the columns `words` and `tags`.
 * @param bind adds a value and returns its placeholder
 * @param row the alias of the row: `t` is a task, which is found by its refs, too
 */
export function searchCondition(
  node: SearchNode,
  bind: (value: unknown) => string,
  row: 't' | 'd' = 't',
): string {
  switch (node.kind) {
    case 'tag':
      return `${row}.tags @> ARRAY[${bind(node.tag)}]::text[]`;
    case 'not':
      return `NOT ${searchCondition(node.node, bind, row)}`;
    case 'and':
    case 'or':
      return `(${node.nodes.map((child) => searchCondition(child, bind, row)).join(` ${node.kind.toUpperCase()} `)})`;
    case 'text':
      return textCondition(node, bind, row);
  }
}

/**
 * Builds the condition for a text. Consecutive words become one quoted phrase, which each text search configuration normalizes as it has
 * normalized the words of the task.
 */
function textCondition(
  { text, prefix, field }: Extract<SearchNode, { kind: 'text' }>,
  bind: (value: unknown) => string,
  row: 't' | 'd',
): string {
  const { phrases, pairs } = searchWords(text);
  const labels = `${prefix ? '*' : ''}${field ? weights[field] : ''}`;
  const labelled = (words: string, of = labels) => (of === '' ? `'${words}'` : `'${words}':${of}`);
  const queries = phrases.flatMap((phrase) => {
    const query = bind(labelled(phrase));
    const [english, simple] = ['english', 'simple'].map((name) => `to_tsquery('${name}', ${query})`);
    // an alternative that is the same makes the index scan for a frequent word take three times as long
    return [english!, `coalesce(nullif(${simple}, ${english}), '')`];
  });
  const required = queries.length > 0 ? [`(${queries.join(' || ')})`] : [];
  // a single character is searched as a prefix, since it is indexed alone or as the first of a pair
  const ofPair = (pair: string) =>
    [...pair].length === 1 ? `*${labels.replace('*', '')}` : labels.replace('*', '');
  if (pairs.length > 0)
    required.push(`${bind(pairs.map((pair) => labelled(pair, ofPair(pair))).join(' & '))}::tsquery`);
  const condition = required.length > 0 ? `${row}.words @@ (${required.join(' && ')})` : 'false';
  const name = row === 't' && field === undefined && !prefix ? parseTaskName(text) : undefined;
  return name && 'key' in name ? `(${condition} OR ${hasRef(name, bind)})` : condition;
}

/** The condition that a task has a ref, or had it in another project. */
function hasRef({ key, number }: { key: string; number: number }, bind: (value: unknown) => string): string {
  const [k, n] = [bind(key), bind(number)];
  return `t.id = ANY (ARRAY(
    SELECT o.id FROM tasks o JOIN projects q ON q.id = o.project_id WHERE q.key = ${k} AND o.number = ${n}
     UNION ALL SELECT f.task_id FROM former_refs f JOIN projects q ON q.id = f.project_id WHERE q.key = ${k} AND f.number = ${n}))`;
}
