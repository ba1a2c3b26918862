import { Argument, type Command } from 'commander';

const bash = `_millrace() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=($(compgen -W "$(millrace complete -- "\${words[@]}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _millrace millrace`;

const zsh = `#compdef millrace
_millrace() {
  local -a found
  found=(\${(f)"$(millrace complete -- \${words[2,CURRENT-1]} 2>/dev/null)"})
  compadd -a found
}
compdef _millrace millrace`;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .addHelpText(
      'after',
      `
Put one of these into ~/.bashrc or ~/.zshrc:
  eval "$(millrace completion bash)"
  eval "$(millrace completion zsh)"`,
    )
    .action((shell: 'bash' | 'zsh') => {
      process.stdout.write(`${shell === 'bash' ? bash : zsh}\n`);
    });

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[]) => {
      process.stdout.write(`${candidates(program, words).join('\n')}\n`);
    });
}

/** Lists the completions of a command line. */
function candidates(program: Command, words: string[]): string[] {
  let at = program;
  for (const word of words) at = at.commands.find((command) => command.name() === word) ?? at;
  const visible = at
    .createHelp()
    .visibleCommands(at)
    .map((command) => command.name());
  const options = at.options.map(({ long, short }) => long ?? short ?? '');
  return [...visible, ...options, '--help'];
}
