import {
  forEachChild,
  parse,
  type Command,
  type CommandArgument,
  type ParsedScript,
  type Statement,
  type SyntaxNode,
} from 'unbash';
import { expand, expandAll } from './expand.js';
import { fileRule } from './rules/file-rules.js';
import type { Findings } from './findings.js';
import { isForkBomb } from './rules/fork-bomb.js';
import { hiddenRule } from './rules/hidden-rule.js';
import { inputOf, pipedInputs } from './input.js';
import { changes, type Invocation } from './invocation.js';
import { machineRules } from './rules/machine-rules.js';
import { assign, downloaded, fieldBreak, holds, subshell, unknown, type Scope } from './scope.js';
import { shellRules } from './rules/shell-rules.js';
import { baseName } from './system-path.js';
import { wrapperRule } from './rules/wrappers.js';

/** Thrown when a command is nested too deeply or expands to too much to be analysed. */
export class TooComplex extends Error {}

/** The deepest nesting of scripts, commands and function calls. */
const maxDepth = 20;
const maxSteps = 40_000;

/** A syntax error in a script or in a nested script. */
export interface SyntaxFault {
  message: string;
  /** The index in the text of the command; undefined in a nested script, such as the argument of `sh -c`. */
  position: number | undefined;
}

/** Walks the syntax tree of a command in the order in which a shell runs it, and checks each simple command. */
export class Inspector {
  readonly faults: SyntaxFault[] = [];
  private readonly calls = new Set<string>();
  private depth = 0;
  private steps = 0;

  constructor(
    private readonly findings: Findings,
    private readonly safe: readonly string[],
  ) {}

  /** Checks a script. @param isSource true for the command itself, false for a nested script @throws TooComplex */
  script(script: ParsedScript, scope: Scope, isSource = true): void {
    const inPlace = isSource && script.source === undefined;
    for (const { message, pos } of script.errors ?? []) {
      if (this.faults.length < 20) this.faults.push({ message, position: inPlace ? pos : undefined });
    }
    this.deeper(() => this.list(script.commands, scope));
  }

  private deeper(work: () => void): void {
    this.depth += 1;
    if (this.depth > maxDepth) throw new TooComplex();
    work();
    this.depth -= 1;
  }

  private list(statements: readonly Statement[], scope: Scope): void {
    for (const statement of statements) this.visit(statement, scope);
  }

  /** Visits a node that may be skipped when the command runs. */
  private maybe(node: SyntaxNode, scope: Scope): void {
    const before = scope.conditional;
    scope.conditional = true;
    this.visit(node, scope);
    scope.conditional = before;
  }

  private visit(node: SyntaxNode, scope: Scope): void {
    this.steps += 1;
    if (this.steps > maxSteps) throw new TooComplex();
    switch (node.type) {
      case 'Statement':
        return this.visit(node.command, node.background ? subshell(scope) : scope);
      case 'CompoundList':
        return this.list(node.commands, scope);
      case 'AndOr':
        return node.commands.forEach((command, index) =>
          index === 0 ? this.visit(command, scope) : this.maybe(command, scope),
        );
      case 'Pipeline': {
        if (node.commands.length === 1) return this.visit(node.commands[0]!, scope);
        const inputs = pipedInputs(node.commands, scope);
        return node.commands.forEach((command, index) =>
          this.visit(command, subshell(scope, { input: inputs[index] })),
        );
      }
      case 'Command':
        return this.command(node, scope);
      case 'Redirected':
        return this.redirected(node.redirects, scope, () => this.visit(node.command, scope));
      case 'Function':
        scope.functions.set(node.name.value, node);
        if (isForkBomb(node, scope.functions)) this.findings.danger('bomb');
        return this.visit(node.body, subshell(scope, { positional: undefined }));
      case 'Subshell':
      case 'Coproc':
        return this.visit(node.body, subshell(scope));
      case 'BraceGroup':
        return this.visit(node.body, scope);
      case 'For':
      case 'Select': {
        const items = node.wordlist?.flatMap((word) => expand(word, scope).flat()) ??
          scope.positional ?? [unknown];
        node.wordlist?.forEach((word) => this.nested(word, scope));
        assign(scope, node.name.value, items);
        return this.maybe(node.body, scope);
      }
      case 'ArithmeticFor':
      case 'If':
      case 'Elif':
      case 'While':
      case 'Case':
      case 'CaseItem':
        return forEachChild(node, (child) => this.maybe(child, scope));
      default:
        return this.nested(node, scope);
    }
  }

  /** Checks the scripts in a word, a test or an expression, such as command substitutions. */
  private nested(node: SyntaxNode, scope: Scope): void {
    if (node.type === 'Word' && !node.parts) return;
    this.steps += 1;
    if (this.steps > maxSteps) throw new TooComplex();
    if (node.type === 'Script') this.script(node, subshell(scope));
    else forEachChild(node, (child) => this.nested(child, scope));
  }

  private redirected(redirects: Command['redirects'], scope: Scope, work: () => void): void {
    for (const redirect of redirects) {
      this.nested(redirect, scope);
      if (redirect.type !== 'Redirect' || !redirect.target || !/>/.test(redirect.operator)) continue;
      const targets = expand(redirect.target, scope).flat();
      const duplicates =
        redirect.operator.includes('&') && targets.every((target) => /^(\d+-?|-)$/.test(target));
      if (!duplicates) changes({ findings: this.findings, scope, safe: this.safe }, 'write', targets);
    }
    const before = scope.input;
    scope.input = inputOf(redirects, scope) ?? before;
    work();
    scope.input = before;
  }

  private command(node: Command, scope: Scope): void {
    const assignments = [...node.prefix, ...node.args].filter((item) => item.type === 'Assignment');
    if (node.name) this.nested(node.name, scope);
    for (const item of [...node.args, ...node.prefix])
      if (item.type === 'Word' || item.type === 'Assignment') this.nested(item, scope);
    // assignments before a command are for that command only
    const inner =
      node.name && node.prefix.some(({ type }) => type === 'Assignment') ? subshell(scope) : scope;
    const readings = node.name ? argumentsOf([node.name, ...node.args], scope) : [];
    for (const { name, value } of assignments) assign(inner, name, valuesOf(value, scope));
    this.redirected(node.redirects, inner, () => {
      for (const argv of readings) this.run(argv, inner);
    });
  }

  /** Checks a simple command after expansion. */
  private run(argv: readonly string[], scope: Scope): void {
    const [program = '', ...args] = argv;
    if (program === '') return;
    const name = baseName(program);
    const invocation: Invocation = {
      name,
      args,
      scope,
      findings: this.findings,
      safe: this.safe,
      run: (inner, innerScope = scope) => this.deeper(() => this.run(inner, innerScope)),
      script: (text, innerScope = scope) => this.script(parse(text), innerScope, false),
    };
    this.steps += 1;
    if (this.steps > maxSteps) throw new TooComplex();
    if (program.includes(downloaded)) return this.findings.danger('download');
    if (holds.unknown(program) || holds.wildcard(program)) return hiddenRule(invocation);
    const body = scope.functions.get(program)?.body;
    if (body && !this.calls.has(program)) {
      this.calls.add(program);
      this.deeper(() => this.visit(body, subshell(scope, { positional: args })));
      this.calls.delete(program);
      return;
    }
    const own = (rules: Record<string, (invocation: Invocation) => void>) =>
      Object.hasOwn(rules, name) ? rules[name] : undefined;
    const rule = own(shellRules) ?? wrapperRule(name) ?? fileRule(name) ?? own(machineRules);
    rule?.(invocation);
  }
}

/** Expands a command line. After the program's name, `of=x` is an argument, although the parser returns it as an assignment. */
function argumentsOf(words: readonly CommandArgument[], scope: Scope): string[][] {
  return expandAll(
    words.map((word) => (word.type === 'Word' ? word : { ...wordOf(word) })),
    scope,
  );
}

function wordOf({ name, value, pos, end, text }: Extract<CommandArgument, { type: 'Assignment' }>) {
  const literal = { type: 'Literal', text: `${name}=`, value: `${name}=`, pos, end: pos } as const;
  const parts =
    value.type === 'Word' ? (value.parts ?? [{ ...literal, value: value.value, text: value.text }]) : [];
  return { type: 'Word', text, value: text, pos, end, parts: [literal, ...parts] } as const;
}

function valuesOf(value: Extract<CommandArgument, { type: 'Assignment' }>['value'], scope: Scope): string[] {
  if (value.type === 'Word') return expand(value, scope).map((fields) => fields.join(' '));
  return [value.elements.flatMap((element) => expand(element, scope)[0] ?? []).join(fieldBreak)];
}
