import type { Danger, Findings } from './findings.js';
import { isDevice, placeOf } from './system-path.js';
import { anyCharacter, anyText, downloaded, unknown, workspace, type Scope } from './scope.js';

/** One invocation of a program, as the rules check it. */
export interface Invocation {
  /** The name of the program without its folder. */
  name: string;
  args: readonly string[];
  scope: Scope;
  findings: Findings;
  /** Folders that never count as the system's. */
  safe: readonly string[];
  /** Checks a command that this one runs. */
  run: (argv: readonly string[], scope?: Scope) => void;
  /** Checks a script that this command passes to a shell. */
  script: (text: string, scope?: Scope) => void;
}

/** Checks an invocation of one kind of program and adds to its findings. */
export type Rule = (invocation: Invocation) => void;

/** Formats a path for a message: marks become wildcards or `$…`. */
export function shown(path: string): string {
  return path
    .replaceAll(workspace, '.')
    .replaceAll(anyText, '*')
    .replaceAll(anyCharacter, '?')
    .replaceAll(unknown, '$…')
    .replaceAll(downloaded, '$…')
    .replaceAll(/[\uE000-\uE00F]/g, '');
}

/** Reports the system paths among `paths` that a command changes. */
export function changes(
  { findings, scope, safe }: Pick<Invocation, 'findings' | 'scope' | 'safe'>,
  danger: Danger,
  paths: readonly string[],
): void {
  const purpose = danger === 'write' ? 'write' : 'change';
  for (const path of paths) {
    const place = placeOf(path, scope.directory, purpose, safe);
    if (place === 'system') {
      const device = danger === 'write' && isDevice(path, scope.directory);
      findings.danger(device ? 'device' : danger, shown(path));
    }
    if (danger === 'delete' && (place === 'perhaps_root' || place === 'workspace')) findings.advise(place);
  }
}
