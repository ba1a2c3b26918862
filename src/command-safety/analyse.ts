import { parse } from 'unbash';
import { shebangOf, withUnixLines, type Shebang } from '../launcher/shebang.js';
import { quoted } from '../launcher/variables.js';
import { Findings } from './findings.js';
import { Inspector, TooComplex, type SyntaxFault } from './inspector.js';
import { isShell } from './rules/shell-rules.js';
import { startScope } from './scope.js';
import { baseName } from './system-path.js';

export interface AnalyseOptions {
  /** The environment variables of the command. */
  environment?: Readonly<Record<string, string>> | undefined;
  /** Absolute paths of folders that never count as the system's, such as the workspaces. */
  safeFolders?: readonly string[] | undefined;
}

export interface Analysis {
  /** Syntax errors with their positions; empty for a command that a shell can parse. */
  faults: string[];
  safe: boolean;
  warnings: string[];
  suggestions: string[];
}

const mostHereDocuments = 500;

/**
 * Analyses the syntax tree of a command for destructive operations on system files, devices or the machine. It follows quotes,
 * variables, substitutions, functions, pipes and programs that run others. It is a heuristic that catches mistakes, not a sandbox:
 * other languages and files that the command runs are not read. A script whose first line names another interpreter is analysed as a
 * shell script, too, but reports no syntax errors. It never throws, whatever the text is.
 * @param text a command of at most 64 KiB
 */
export function analyse(text: string, options: AnalyseOptions = {}): Analysis {
  const command = withUnixLines(text);
  const findings = new Findings();
  const inspector = new Inspector(findings, options.safeFolders ?? []);
  const shebang = shebangOf(command);
  try {
    // the parser searches the rest of the text for the end of each here-document: 16,000 of them took 2 s
    if (command.split('<<', mostHereDocuments + 2).length > mostHereDocuments + 1) throw new TooComplex();
    inspector.script(parse(command), startScope(options.environment));
    if (shebang) inspector.script(parse(invocationOf(shebang)), startScope(options.environment), false);
  } catch (error) {
    // very deep nesting overflows the stack in the parser, before the inspector counts it
    if (!(error instanceof TooComplex || error instanceof RangeError)) throw error;
    findings.danger('complex');
  }
  const isOther = shebang !== undefined && !namesShell(shebang);
  const faults = isOther ? [] : inspector.faults.map((fault) => describe(fault, command));
  return {
    faults: [...new Set(faults)],
    safe: findings.safe,
    warnings: findings.warnings,
    suggestions: findings.suggestions,
  };
}

/** Returns the command line by which the kernel runs a script with a shebang, since `#!/usr/bin/env -S rm -rf /` runs `rm`. */
function invocationOf({ interpreter, argument }: Shebang): string {
  return [interpreter, argument ?? [], './script'].flat().map(quoted).join(' ');
}

/** Whether the interpreter of a shebang is a shell, by its own name or by the argument of `env`. */
function namesShell({ interpreter, argument = '' }: Shebang): boolean {
  return [interpreter, ...argument.split(/[ \t]+/)].some((word) => isShell(baseName(word)));
}

/** Returns the result for a command whose analysis timed out. */
export function tooComplex(): Analysis {
  const findings = new Findings();
  findings.danger('complex');
  return { faults: [], safe: false, warnings: findings.warnings, suggestions: findings.suggestions };
}

function describe({ message, position }: SyntaxFault, command: string): string {
  if (position === undefined) return `Syntax error in a command inside the command: ${message}`;
  const before = command.slice(0, position).split('\n');
  return `Syntax error at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${message}`;
}
