import type { Danger, Findings } from './findings.js';
import { isDevice, placeOf } from './system-path.js';
import { anyCharacter, anyText, downloaded, unknown, workspace, type Scope } from './scope.js';

/** One invocation of a program, as the rules check it. */
export interface Invocation {
  /** Without its folder. */
  name: string;
  args: readonly string[];
  scope: Scope;
  findings: Findings;
  /** Folders that are not the system's wherever they are. */
  safe: readonly string[];
  /** Looks at another command that this one runs. */
  run: (argv: readonly string[], scope?: Scope) => void;
  /** Looks at a text that this one gives to a shell. */
  script: (text: string, scope?: Scope) => void;
}

/** What is wrong with one kind of command. */
export type Rule = (invocation: Invocation) => void;

/** A path as people know it. */
export function shown(path: string): string {
  return path
    .replaceAll(workspace, '.')
    .replaceAll(anyText, '*')
    .replaceAll(anyCharacter, '?')
    .replaceAll(unknown, '$…')
    .replaceAll(downloaded, '$…')
    .replaceAll(/[\uE000-\uE00F]/g, '');
}

/** Reports the paths that are the system's. */
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
