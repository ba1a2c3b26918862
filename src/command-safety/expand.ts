import { parse, type ParsedScript, type Word, type WordPart } from 'unbash';
import { braceChoices } from './brace-expansion.js';
import { downloads } from './downloads.js';
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

/** A word or command has at most this many readings; more are not told apart. */
const maxReadings = 24;
const maxFields = 256;
/** Longer values are cut: doubling a variable must not double the work. */
const maxText = 4096;
/** Braces in a longer word are not told apart. */
const maxBraced = 1024;

/** A piece of a word: its text, and whether the shell splits it at spaces. */
interface Piece {
  text: string;
  splits: boolean;
}

/** Every way to choose one of each. */
export function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  let all: T[][] = [[]];
  for (const list of lists) {
    if (list.length === 1) for (const chosen of all) chosen.push(list[0]!);
    else all = all.flatMap((chosen) => list.map((item) => [...chosen, item])).slice(0, maxReadings);
  }
  return all;
}

/** What a substitution puts in its place. */
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
      // an empty string is an argument too, if it is quoted
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

/** Splits what the shell would split, and joins the rest. */
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

/** A word with braces is several: each is read again, with one of the choices in its place. */
function spellings(word: Word): Word[] | undefined {
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
 * What a word becomes when the shell expands it: every reading that its variables allow, each a list of arguments. What only
 * running can tell is held by marks (scope.ts).
 */
export function expand(word: Word, scope: Scope, depth = 0): string[][] {
  const several = depth < 6 ? spellings(word) : undefined;
  if (several) {
    return combinations(several.map((one) => expand(one, scope, depth + 1))).map((lists) =>
      lists.flat().slice(0, maxFields),
    );
  }
  // words of many parts are long lists without a meaning for anybody
  if (!word.parts || word.parts.length > maxFields)
    return [[word.text.startsWith('~') ? withHome(word.value, scope) : word.value]];
  const parts = word.parts.map((part, index): Piece[][] =>
    index === 0 && part.type === 'Literal' && part.text.startsWith('~')
      ? [[{ text: withHome(part.value, scope), splits: false }]]
      : pieces(part, scope, false),
  );
  return combinations(parts).map((chosen) => fieldsOf(chosen.flat()).slice(0, maxFields));
}

/** The readings of a whole command line. */
export function expandAll(words: readonly Word[], scope: Scope): string[][] {
  return combinations(words.map((word) => expand(word, scope))).map((lists) =>
    lists.flat().slice(0, maxFields * 4),
  );
}
