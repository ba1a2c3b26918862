import type { Rule } from '../invocation.js';
import { parseArguments } from '../options.js';

const stops: Rule = ({ name, args, findings }) => {
  const asksOnly = args.some((arg) => /^(--help|--version|-w|--wtmp-only|-c|--show)$/.test(arg));
  if (!asksOnly) findings.danger('power', name);
};

const changesLevel: Rule = ({ args, findings }) => {
  if (/^[06sS]$/.test(args[0] ?? '')) findings.danger('power');
};

const systemctl: Rule = ({ args, findings }) => {
  const { operands } = parseArguments(args, { letters: 'tpPHMnos' });
  if (/^(poweroff|reboot|halt|kexec|emergency|rescue|suspend|hibernate|soft-reboot)$/.test(operands[0] ?? ''))
    findings.danger('power');
  if (operands[0] === 'isolate') findings.danger('power');
};

/** Reports signals to process 1 or to all processes: `kill -9 -1` sends signal 9 to all, but `kill -1 5` sends signal 1 to process 5. */
const kill: Rule = ({ args, findings }) => {
  if (args[0] === '-l' || args[0] === '-L') return;
  let rest = [...args];
  if (rest[0] === '-s' || rest[0] === '-n') rest = rest.slice(2);
  else if (rest[0] !== undefined && /^-[A-Z0-9]/i.test(rest[0])) rest = rest.slice(1);
  if (rest.some((arg) => arg === '-1' || arg === '1')) findings.danger('kill');
};

const killByName: Rule = ({ args, findings }) => {
  const { operands, options } = parseArguments(
    args.filter((arg) => !/^-(\d+|[A-Z]{3,})$/.test(arg)),
    { letters: 'gGPstuUF' },
  );
  if (operands.some((pattern) => /^\.?\*?$|^\^|^\.\+$/.test(pattern)) && !options.has('-l'))
    findings.danger('kill');
};

const git: Rule = ({ args, findings }) => {
  const { operands } = parseArguments(args, { letters: 'Cc', leading: true });
  const [action, ...rest] = operands;
  const { options } = parseArguments(rest);
  if (
    action === 'push' &&
    (options.has('-f') || options.has('--force') || rest.some((arg) => arg.startsWith('+')))
  ) {
    findings.advise('force_push');
  }
  if ((action === 'reset' && options.has('--hard')) || (action === 'clean' && options.has('-f')))
    findings.advise('discard');
};

/** Rules for programs that act on the whole machine, and for `git`, which only gets advice. */
export const machineRules: Record<string, Rule> = {
  shutdown: stops,
  reboot: stops,
  halt: stops,
  poweroff: stops,
  init: changesLevel,
  telinit: changesLevel,
  systemctl,
  kill,
  killall5: ({ findings }) => findings.danger('kill'),
  pkill: killByName,
  git,
};
