import { changes, type Invocation, type Rule } from '../invocation.js';
import { parseArguments, type OptionsSpec } from '../options.js';
import { isDevice } from '../system-path.js';

/** Creates a rule for a program all of whose operands are files that it changes in one way. */
const operands =
  (danger: Parameters<typeof changes>[1], spec?: OptionsSpec, skip = 0): Rule =>
  (invocation) =>
    changes(invocation, danger, parseArguments(invocation.args, spec).operands.slice(skip));

/** Returns the target of a copy, which is the last operand or the folder of `-t`, and its sources. */
function copyTargets({ args }: Invocation, spec: OptionsSpec): { targets: string[]; sources: string[] } {
  const { operands, values } = parseArguments(args, spec);
  const folder = values.get('-t') ?? values.get('--target-directory');
  if (folder !== undefined) return { targets: [folder], sources: operands };
  return {
    targets: operands.slice(1).slice(-1),
    sources: operands.slice(0, Math.max(1, operands.length - 1)),
  };
}

const copySpec: OptionsSpec = {
  letters: 'tSmog',
  long: ['target-directory', 'suffix', 'mode', 'owner', 'group'],
};

const copies: Rule = (invocation) => changes(invocation, 'write', copyTargets(invocation, copySpec).targets);

const moves: Rule = (invocation) => {
  const { targets, sources } = copyTargets(invocation, copySpec);
  changes(invocation, 'write', targets);
  changes(invocation, 'move', sources);
};

const permissions: Rule = (invocation) => {
  const { options, operands, values } = parseArguments(
    invocation.args.filter((arg) => !/^[-+][rwxXst]+$/.test(arg)),
  );
  const modes =
    invocation.args.some((arg) => /^[-+][rwxXst]+$/.test(arg)) || values.has('--reference') ? 0 : 1;
  changes(invocation, 'permissions', operands.slice(modes));
  const everybody = /^(0?777|a\+.*w.*|o\+.*w.*|\+.*w.*)$/.test(operands[0] ?? '');
  if (invocation.name === 'chmod' && options.has('-R') && everybody) invocation.findings.advise('open');
};

const dd: Rule = (invocation) => {
  const target = invocation.args.find((arg) => arg.startsWith('of='));
  if (target !== undefined) changes(invocation, 'write', [target.slice(3)]);
};

/** Checks programs that write file systems or partition tables, which are harmless on an image file. */
const onDevices: Rule = ({ args, scope, findings }) => {
  for (const arg of args) if (isDevice(arg, scope.directory)) findings.danger('device', arg);
};

const editsInPlace: Rule = (invocation) => {
  const { options, operands } = parseArguments(invocation.args, {
    letters: 'efl',
    long: ['expression', 'file'],
  });
  if (options.has('-i') || options.has('--in-place')) changes(invocation, 'write', operands);
};

const extracts: Rule = (invocation) => {
  const { values } = parseArguments(invocation.args, { letters: 'Cdf', long: ['directory'] });
  const folder =
    invocation.name === 'unzip' ? values.get('-d') : (values.get('-C') ?? values.get('--directory'));
  const unpacks =
    invocation.name === 'unzip' || /^-?[A-Za-z]*x|--extract|--get/.test(invocation.args.join(' '));
  if (folder !== undefined && unpacks) changes(invocation, 'write', [folder]);
};

const synchronises: Rule = (invocation) => {
  const { operands, options } = parseArguments(invocation.args, {
    letters: 'efBMT',
    long: ['rsh', 'exclude', 'include'],
  });
  const deletes = [...options].some((option) => option.startsWith('--delete'));
  changes(invocation, deletes ? 'delete' : 'write', operands.slice(1).slice(-1));
};

export const fileRules: Record<string, Rule> = {
  rm: operands('delete'),
  rmdir: operands('delete'),
  unlink: operands('delete'),
  srm: operands('delete'),
  wipe: operands('delete'),
  shred: operands('delete', { letters: 'ns' }),
  mv: moves,
  cp: copies,
  install: copies,
  ln: copies,
  rsync: synchronises,
  tee: operands('write'),
  touch: operands('write', { letters: 'drt' }),
  truncate: operands('write', { letters: 'sr' }),
  sed: editsInPlace,
  perl: editsInPlace,
  tar: extracts,
  bsdtar: extracts,
  unzip: extracts,
  dd,
  chmod: permissions,
  chown: permissions,
  chgrp: permissions,
  chattr: permissions,
  setfacl: operands('permissions', { letters: 'mxMX' }),
  wipefs: onDevices,
  mkswap: onDevices,
  fdisk: onDevices,
  sfdisk: onDevices,
  gdisk: onDevices,
  sgdisk: onDevices,
  cfdisk: onDevices,
  parted: onDevices,
  blkdiscard: onDevices,
  hdparm: onDevices,
  cryptsetup: onDevices,
  badblocks: onDevices,
  mke2fs: onDevices,
};

/** Returns the rule for a program that changes files. `mkfs` has many suffixes, such as `mkfs.ext4`. */
export function fileRule(name: string): Rule | undefined {
  return Object.hasOwn(fileRules, name) ? fileRules[name] : /^mkfs(\.|$)/.test(name) ? onDevices : undefined;
}
