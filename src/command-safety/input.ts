import type { CommandNode, Redirection, Word } from 'unbash';
import { downloads } from './rules/downloads.js';
import { expand, expandAll } from './expand.js';
import { below, startsOfFind } from './rules/shell-rules.js';
import { downloaded, type Input, type Scope } from './scope.js';
import { stageOutput } from './static-output.js';
import { baseName } from './system-path.js';

const first = (words: readonly Word[], scope: Scope): string[] => expandAll(words, scope)[0] ?? [];

function known(text: string | undefined): Input {
  return { text, downloaded: text?.includes(downloaded) ?? false, paths: [] };
}

/** Returns the input of a command from its redirections; undefined when none of them redirects its standard input. */
export function inputOf(redirects: readonly Redirection[], scope: Scope): Input | undefined {
  let input: Input | undefined;
  for (const redirect of redirects) {
    if (redirect.type === 'HereString')
      input = redirect.target ? known(expand(redirect.target, scope)[0]?.join(' ')) : input;
    else if (redirect.type === 'HereDoc') {
      const { parts, text, pos, end } = redirect.body;
      // the body of a here-document is expanded like text in double quotes
      const quoted = { type: 'DoubleQuoted', parts: parts ?? [], text, pos, end };
      const word = { type: 'Word', text, value: text, pos, end, parts: [quoted] } as Word;
      input = known(parts ? expand(word, scope)[0]?.join(' ') : text);
    } else if (redirect.operator === '<' && redirect.target) {
      input = known(scope.files.get(first([redirect.target], scope)[0] ?? ''));
    }
  }
  return input;
}

/** Returns the paths that a stage of a pipeline lists, such as `find /etc`. */
function listed(node: CommandNode, scope: Scope): string[] {
  if (node.type !== 'Command' || !node.name) return [];
  const [name = '', ...args] = first([node.name, ...node.args.filter((arg) => arg.type === 'Word')], scope);
  if (baseName(name) === 'find') return startsOfFind(args).map(below);
  if (/^(ls|fd|fdfind|tree|du)$/.test(baseName(name)))
    return args.filter((arg) => !arg.startsWith('-')).map(below);
  return [];
}

/** Returns the input of each stage of a pipeline. */
export function pipedInputs(stages: readonly CommandNode[], scope: Scope): (Input | undefined)[] {
  const inputs: (Input | undefined)[] = [scope.input];
  let text = scope.input?.text;
  let fromNetwork = scope.input?.downloaded ?? false;
  let paths = scope.input?.paths ?? [];
  for (const stage of stages.slice(0, -1)) {
    text = stageOutput(stage, text, (words) => first(words, scope));
    fromNetwork ||= downloads(stage);
    const found = listed(stage, scope);
    paths = found.length > 0 ? found : paths;
    inputs.push({ text, downloaded: text === undefined && fromNetwork, paths });
  }
  return inputs;
}
