import { parse, type ParsedScript, type Word, type WordPart } from 'unbash';
import { braceChoices } from './brace-expansion.js';
import { downloads } from './rules/downloads.js';
import { parameterValues } from './parameter.js';
import {
  anyCharacter,
  anyText,
  downloaded,
  fieldBreak,
  subshell,
  unknown,
  workspace,
  type Scope,
} from './scope.js';
import { scriptOutput } from './static-output.js';

/** The most possible expansions of a word or command that are tracked. */
const maxReadings = 24;
const maxFields = 256;
/** The length at which values are cut, so that a script that doubles a variable again and again does not double the work. */
const maxText = 4096;
/** The length of a word beyond which its brace expansions are not expanded. */
const maxBraced = 1024;

/** A piece of a word: its text, and whether the shell splits it at spaces. */
interface Piece {
  text: string;
  splits: boolean;
}

/** Returns the Cartesian product of lists: every way to choose one item from each, limited to `maxReadings`. */
export function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  let all: T[][] = [[]];
  for (const list of lists) {
    if (list.length === 1) for (const chosen of all) chosen.push(list[0]!);
    else all = all.flatMap((chosen) => list.map((item) => [...chosen, item])).slice(0, maxReadings);
  }
  return all;
}

/** Returns the text that replaces a command substitution, as far as it is known without running it. */
function substituted(script: ParsedScript | undefined, scope: Scope): string {
  if (!script) return unknown;
  const inner = subshell(scope);
  const text = scriptOutput(script, (words) => words.flatMap((word) => expand(word, inner)[0] ?? []));
  return text ?? (downloads(script) ? downloaded : unknown);
}

function pieces(part: WordPart, scope: Scope, quoted: boolean): Piece[][] {
  const values = (texts: readonly string[], splits = !quoted): Piece[][] =>
    texts.map((text) => [{ text: text.slice(0, maxText), splits }]);
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return values([part.value], false);
    case 'DoubleQuoted':
    case 'LocaleString':
      // a quoted empty string is an argument, too
      return combinations([
        [[{ text: '', splits: false }]],
        ...part.parts.map((child) => pieces(child, scope, true)),
      ]).map((chosen) => chosen.flat());
    case 'Glob':
      return values([part.kind === 'star' ? anyText : anyCharacter], false);
    case 'SimpleExpansion':
      return values(parameterValues(part.text.slice(1), scope));
    case 'ParameterExpansion':
      return values(
        parameterValues(part.parameter, scope, part, (word) =>
          expand(word, scope).map((fields) => fields.join(' ')),
        ),
      );
    case 'CommandExpansion':
      return values([substituted(part.script, scope)]);
    case 'ProcessSubstitution': {
      const path = `/dev/fd/substitution-${scope.files.size}`;
      scope.files.set(path, substituted(part.script, scope));
      return values([path], false);
    }
    case 'ExtendedGlob':
      return values([anyText], false);
    case 'ArithmeticExpansion':
    case 'BraceExpansion':
      return values([unknown], false);
  }
}

/** Performs the shell's field splitting on the pieces of a word. */
function fieldsOf(list: readonly Piece[]): string[] {
  const fields: string[] = [];
  let field = '';
  let begun = false;
  for (const { text, splits } of list) {
    const parts = splits ? text.split(/[ \t\n\uE004]+/) : text.split(fieldBreak);
    parts.forEach((part, index) => {
      if (index > 0) {
        if (begun) fields.push(field);
        field = '';
        begun = false;
      }
      field += part;
      begun ||= part !== '' || !splits;
    });
  }
  if (begun) fields.push(field);
  return fields;
}

/** Expands the first brace expansion of a word into one word for each choice; each is parsed again. */
function braceExpansions(word: Word): Word[] | undefined {
  const brace = word.parts?.find((part) => part.type === 'BraceExpansion');
  const choices = brace && braceChoices(brace.text);
  if (!brace || !choices || word.text.length > maxBraced) return undefined;
  const before = word
    .parts!.filter((part) => part.end <= brace.pos)
    .map(({ text }) => text)
    .join('');
  const after = word
    .parts!.filter((part) => part.pos >= brace.end)
    .map(({ text }) => text)
    .join('');
  return choices.flatMap((choice) => {
    const [statement] = parse(`: ${before}${choice}${after}`).commands;
    const arg = statement?.command.type === 'Command' ? statement.command.args[0] : undefined;
    return arg?.type === 'Word' ? [arg] : [];
  });
}

function withHome(text: string, scope: Scope): string {
  const [tilde = '', user = ''] = /^~([\w.-]*)/.exec(text) ?? [];
  const home =
    user === ''
      ? (scope.variables.get('HOME')?.[0] ?? workspace)
      : user === 'root'
        ? '/root'
        : `/home/${user}`;
  return home + text.slice(tilde.length);
}

/**
 * Expands a word as the shell does. Marks (see `scope.ts`) replace the text that is only known when the command runs.
 * @returns every expansion that the possible values of its variables allow, each a list of arguments
 */
export function expand(word: Word, scope: Scope, depth = 0): string[][] {
  const several = depth < 6 ? braceExpansions(word) : undefined;
  if (several) {
    return combinations(several.map((one) => expand(one, scope, depth + 1))).map((lists) =>
      lists.flat().slice(0, maxFields),
    );
  }
  // a word of so many parts is not expanded: no real command needs it
  if (!word.parts || word.parts.length > maxFields)
    return [[word.text.startsWith('~') ? withHome(word.value, scope) : word.value]];
  const parts = word.parts.map((part, index): Piece[][] =>
    index === 0 && part.type === 'Literal' && part.text.startsWith('~')
      ? [[{ text: withHome(part.value, scope), splits: false }]]
      : pieces(part, scope, false),
  );
  return combinations(parts).map((chosen) => fieldsOf(chosen.flat()).slice(0, maxFields));
}

/** Expands a command line; see `expand`. */
export function expandAll(words: readonly Word[], scope: Scope): string[][] {
  return combinations(words.map((word) => expand(word, scope))).map((lists) =>
    lists.flat().slice(0, maxFields * 4),
  );
}
