import type { Function as ShellFunction, SyntaxNode } from 'unbash';

/** The depth to which calls of other functions are followed. */
const maxCalls = 4;

const endless = (clause: SyntaxNode): boolean =>
  clause.type === 'CompoundList' &&
  clause.commands.length === 1 &&
  clause.commands[0]?.command.type === 'Command' &&
  [':', 'true'].includes(clause.commands[0].command.name?.value ?? '');

/**
 * Whether a function always starts itself in a pipeline or in the background when it runs. Calls inside a condition or a finite loop
 * do not count, since these can end the recursion.
 */
export function isForkBomb(bomb: ShellFunction, functions: ReadonlyMap<string, ShellFunction>): boolean {
  const name = bomb.name.value;

  const starts = (node: SyntaxNode, besides: boolean, calls: number): boolean => {
    switch (node.type) {
      case 'CompoundList':
        return node.commands.some((child) => starts(child, besides, calls));
      case 'Statement':
        return starts(node.command, besides || node.background === true, calls);
      case 'AndOr':
        return node.commands[0] !== undefined && starts(node.commands[0], besides, calls);
      case 'Pipeline':
        return node.commands.some((child) => starts(child, besides || node.commands.length > 1, calls));
      case 'Subshell':
      case 'BraceGroup':
      case 'Coproc':
        return starts(node.body, besides || node.type === 'Coproc', calls);
      case 'Redirected':
        return starts(node.command, besides, calls);
      case 'If':
        return starts(node.clause, besides, calls);
      case 'While':
        return starts(endless(node.clause) ? node.body : node.clause, besides, calls);
      case 'Command': {
        const called = node.name?.value ?? '';
        if (called === name) return besides;
        const other = functions.get(called);
        return other !== undefined && calls < maxCalls && starts(other.body, besides, calls + 1);
      }
      default:
        return false;
    }
  };

  return starts(bomb.body, false, 0);
}
