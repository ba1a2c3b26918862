import { parse } from 'unbash';
import { usualShell } from '../common/shell.js';
import { shebangOf, withUnixLines, type Shebang } from '../launcher/shebang.js';
import { quoted } from '../launcher/variables.js';
import { bashSyntax, isKnownSyntax, isStrict } from './bash-syntax.js';
import { Findings } from './findings.js';
import { Inspector, TooComplex, type SyntaxFault } from './inspector.js';
import { isShell } from './rules/shell-rules.js';
import { startScope } from './scope.js';
import { baseName } from './system-path.js';

export interface AnalyseOptions {
  /** The environment variables of the command. */
  environment?: Readonly<Record<string, string>> | undefined;
  /** The program that runs the command with `-c`, unless its first line names an interpreter; `sh` if absent. */
  shell?: string | undefined;
  /** Absolute paths of folders that never count as the system's, such as the workspaces. */
  safeFolders?: readonly string[] | undefined;
}

export interface Analysis {
  /** Syntax errors with their positions; empty for a command that a shell can parse. */
  faults: string[];
  /** What was not checked, for a text in another language than that of a shell which is known here. */
  unchecked: string[];
  safe: boolean;
  warnings: string[];
  suggestions: string[];
}

const mostHereDocuments = 500;

/**
 * Analyses the syntax tree of a command for destructive operations on system files, devices or the machine. It follows quotes,
 * variables, substitutions, functions, pipes and programs that run others. It is a heuristic that catches mistakes, not a sandbox:
 * other languages and files that the command runs are not read. A text for another shell or interpreter is analysed like one for bash,
 * too, but reports no syntax errors, and says so. It never throws, whatever the text is.
 * @param text a command of at most 64 KiB
 */
export function analyse(text: string, options: AnalyseOptions = {}): Analysis {
  const command = withUnixLines(text);
  const findings = new Findings();
  const inspector = new Inspector(findings, options.safeFolders ?? []);
  const shebang = shebangOf(command);
  const shell = options.shell ?? usualShell;
  let portability: string[] = [];
  try {
    // the parser searches the rest of the text for the end of each here-document: 16,000 of them took 2 s
    if (command.split('<<', mostHereDocuments + 2).length > mostHereDocuments + 1) throw new TooComplex();
    const script = parse(command);
    inspector.script(script, startScope(options.environment));
    if (shebang || !isShell(baseName(shell))) {
      const line = shebang ? invocationOf(shebang) : `${quoted(shell)} -c ${quoted(command)}`;
      inspector.script(parse(line), startScope(options.environment), false);
    } else if (isStrict(shell)) portability = bashSyntax(script);
  } catch (error) {
    // very deep nesting overflows the stack in the parser, before the inspector counts it
    if (!(error instanceof TooComplex || error instanceof RangeError)) throw error;
    findings.danger('complex');
  }
  const isOther = shebang ? !namesKnownShell(shebang) : !isKnownSyntax(shell);
  const faults = isOther ? [] : inspector.faults.map((fault) => describe(fault, command));
  const isPortable = portability.length === 0;
  return {
    faults: [...new Set(faults)],
    unchecked: isOther ? [notParsed(shebang?.interpreter ?? shell)] : [],
    safe: findings.safe,
    warnings: [...findings.warnings, ...(isPortable ? [] : [onlyBash(shell, portability)])],
    suggestions: [...findings.suggestions, ...(isPortable ? [] : [useBash])],
  };
}

/** Returns the command line by which the kernel runs a script with a shebang, since `#!/usr/bin/env -S rm -rf /` runs `rm`. */
function invocationOf({ interpreter, argument }: Shebang): string {
  return [interpreter, argument ?? [], './script'].flat().map(quoted).join(' ');
}

/** Whether the interpreter of a shebang is a shell whose syntax is known, by its own name or by the argument of `env`. */
function namesKnownShell({ interpreter, argument = '' }: Shebang): boolean {
  return [interpreter, ...argument.split(/[ \t]+/)].some(isKnownSyntax);
}

const notParsed = (program: string) =>
  `The syntax was not checked, and only commands of a shell were looked for: the text is for ${program}`;
const onlyBash = (shell: string, found: readonly string[]) =>
  `Command uses what only bash is certain to know, and is run by ${shell}: ${found.join(' ')}`;
const useBash = 'Set `shell` to bash, or begin the command with the line #!/bin/bash';

/** Returns the result for a command whose analysis timed out. */
export function tooComplex(): Analysis {
  const findings = new Findings();
  findings.danger('complex');
  return {
    faults: [],
    unchecked: [],
    safe: false,
    warnings: findings.warnings,
    suggestions: findings.suggestions,
  };
}

function describe({ message, position }: SyntaxFault, command: string): string {
  if (position === undefined) return `Syntax error in a command inside the command: ${message}`;
  const before = command.slice(0, position).split('\n');
  return `Syntax error at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${message}`;
}
