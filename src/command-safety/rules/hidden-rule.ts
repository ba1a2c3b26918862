import { changes, shown, type Rule } from '../invocation.js';
import { placeOf } from '../system-path.js';

/** Reports a program whose name is not known before it runs, if its arguments are those of a destructive one. */
export const hiddenRule: Rule = (invocation) => {
  const { args, scope, findings, safe } = invocation;
  const recursive = args.some((arg) => /^(-\w{0,3}[rR]\w{0,3}|--recursive|--no-preserve-root)$/.test(arg));
  const forced = args.some((arg) => /^(-\w{0,3}f\w{0,3}|--force|--no-preserve-root)$/.test(arg));
  const target = args.find(
    (arg) => !arg.startsWith('-') && placeOf(arg, scope.directory, 'change', safe) === 'system',
  );
  const wholeRoot = target !== undefined && !/[^/.\uE002]/.test(target);
  if (target !== undefined && recursive && (forced || wholeRoot)) findings.danger('hidden', shown(target));
  changes(
    invocation,
    'write',
    args.filter((arg) => arg.startsWith('of=')).map((arg) => arg.slice(3)),
  );
};
