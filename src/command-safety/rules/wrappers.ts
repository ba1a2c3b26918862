import type { Invocation, Rule } from '../invocation.js';
import { parseArguments, type OptionsSpec } from '../options.js';
import { assign, subshell } from '../scope.js';

interface Wrapper extends OptionsSpec {
  /** The number of operands before the command, such as the duration of `timeout`. */
  skip?: number;
  /** Whether `NAME=value` may precede the command. */
  assignments?: boolean;
  /** The option whose value is a script for a shell. */
  script?: string;
}

/** Programs that run the command that follows them. */
const wrappers: Record<string, Wrapper> = {
  sudo: {
    letters: 'ughpCTRDrt',
    long: ['user', 'group', 'host', 'prompt', 'chdir', 'chroot'],
    assignments: true,
  },
  doas: { letters: 'uCa' },
  run0: { letters: 'u', long: ['user', 'group', 'unit', 'chdir'] },
  env: { letters: 'uCS', long: ['unset', 'chdir', 'split-string'], assignments: true, script: '-S' },
  nohup: {},
  nice: { letters: 'n', long: ['adjustment'] },
  ionice: { letters: 'cnpPu' },
  time: { letters: 'fo' },
  timeout: { letters: 'ks', long: ['kill-after', 'signal'], skip: 1 },
  stdbuf: { letters: 'ioe', long: ['input', 'output', 'error'] },
  setsid: {},
  unbuffer: {},
  command: {},
  builtin: {},
  exec: { letters: 'a' },
  chroot: { long: ['userspec', 'groups'], skip: 1 },
  unshare: { letters: 'RwSG' },
  nsenter: { letters: 'tSG', long: ['target'] },
  strace: { letters: 'eoOpsSuEaXIb' },
  ltrace: { letters: 'eoOpsSuanDFlx' },
  taskset: { skip: 1 },
  chrt: { letters: 'TPD', skip: 1 },
  setpriv: { long: ['reuid', 'regid', 'groups'] },
  prlimit: {},
  flock: { letters: 'wEc', skip: 1, script: '-c' },
  watch: { letters: 'n', long: ['interval'] },
  runuser: { letters: 'ucgGs', long: ['user', 'command'], script: '-c' },
  su: { letters: 'cgGsw', long: ['command', 'shell', 'group'], skip: 1, script: '-c' },
  'systemd-run': { letters: 'pEuMHtC', long: ['unit', 'property', 'setenv', 'uid', 'gid', 'slice'] },
  'systemd-inhibit': {},
  'dbus-run-session': {},
  fakeroot: {},
  caffeinate: { letters: 'tw' },
  busybox: {},
  toybox: {},
  script: { letters: 'cOIBTEom', long: ['command'], skip: 1, script: '-c' },
  parallel: { letters: 'jIaSN', long: ['jobs'] },
  npx: { letters: 'pc', long: ['package', 'call'], script: '-c' },
  entr: {},
};

const privilegeWrappers = new Set(['sudo', 'doas', 'su', 'runuser', 'run0']);

function unwrap(invocation: Invocation, wrapper: Wrapper): void {
  const { name, args, scope, findings } = invocation;
  if (privilegeWrappers.has(name)) findings.advise('privilege');
  const { operands, values } = parseArguments(args, { ...wrapper, leading: true });
  const inner = subshell(scope);
  const script =
    wrapper.script === undefined
      ? undefined
      : (values.get(wrapper.script) ?? values.get('--command') ?? values.get('--split-string'));
  // the script may follow the operands, as in `su root -c …`
  const scriptAt = wrapper.script === undefined || !wrapper.skip ? -1 : operands.indexOf(wrapper.script);
  if (scriptAt >= 0) invocation.script(operands[scriptAt + 1] ?? '', inner);
  let rest = operands.slice(wrapper.skip ?? 0);
  if (wrapper.assignments) {
    while (/^\w+=/.test(rest[0] ?? '')) {
      const [variable = '', value = ''] = rest[0]!.split(/=(.*)/s);
      assign(inner, variable, [value]);
      rest = rest.slice(1);
    }
  }
  const chdir =
    values.get('--chdir') ??
    (name === 'env' ? values.get('-C') : name === 'sudo' ? values.get('-D') : undefined);
  if (chdir !== undefined) inner.directory = chdir.startsWith('/') ? chdir : inner.directory;
  // `env -S` puts the words of its value before the rest of the command line
  if (script !== undefined)
    invocation.script(wrapper.script === '-S' ? [script, ...rest].join(' ') : script, inner);
  else if (rest.length > 0) invocation.run(rest, inner);
}

/** Returns the rule for a program that runs the command in its arguments, such as `sudo`. */
export function wrapperRule(name: string): Rule | undefined {
  const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
  return wrapper && ((invocation) => unwrap(invocation, wrapper));
}
