import { parse } from 'unbash';
import { Findings } from './findings.js';
import { Inspector, TooComplex, type SyntaxFault } from './inspector.js';
import { startScope } from './scope.js';

export interface AnalyseOptions {
  /** Variables that the command is given. */
  environment?: Readonly<Record<string, string>> | undefined;
  /** Absolute folders that are not the system's wherever they are, such as the workspaces. */
  safeFolders?: readonly string[] | undefined;
}

export interface Analysis {
  /** Faults of syntax with their places; empty for a command that a shell can read. */
  faults: string[];
  safe: boolean;
  warnings: string[];
  suggestions: string[];
}

const mostHereDocuments = 500;

/**
 * Tells from its syntax tree whether a command looks as if it destroys what is not its own: system files, devices, the
 * machine. It follows quotes, variables, substitutions, functions, pipes and programs that run others. It is a heuristic
 * that catches mistakes, not a sandbox: other languages and files that the command runs are not read.
 * @param command of at most 64 KiB; never throws, whatever it is
 */
export function analyse(command: string, options: AnalyseOptions = {}): Analysis {
  const findings = new Findings();
  const inspector = new Inspector(findings, options.safeFolders ?? []);
  try {
    // each has the rest of the text looked through for its end: 16,000 took 2 s
    if (command.split('<<', mostHereDocuments + 2).length > mostHereDocuments + 1) throw new TooComplex();
    inspector.script(parse(command), startScope(options.environment));
  } catch (error) {
    // nesting beyond all reason overflows the stack before it is counted
    if (!(error instanceof TooComplex || error instanceof RangeError)) throw error;
    findings.danger('complex');
  }
  const faults = inspector.faults.map((fault) => describe(fault, command));
  return {
    faults: [...new Set(faults)],
    safe: findings.safe,
    warnings: findings.warnings,
    suggestions: findings.suggestions,
  };
}

/** What is said of a command that could not be looked at in time. */
export function unreadable(): Analysis {
  const findings = new Findings();
  findings.danger('complex');
  return { faults: [], safe: false, warnings: findings.warnings, suggestions: findings.suggestions };
}

function describe({ message, position }: SyntaxFault, command: string): string {
  if (position === undefined) return `Syntax error in a command inside the command: ${message}`;
  const before = command.slice(0, position).split('\n');
  return `Syntax error at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${message}`;
}
