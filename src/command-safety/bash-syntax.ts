import { forEachChild, type SyntaxNode } from 'unbash';
import { baseName } from './system-path.js';

/** The shells whose syntax the parser knows: that of bash, of which all of POSIX is a part. */
const known = new Set(['sh', 'bash', 'rbash', 'dash', 'ash']);
/** The shells among them that refuse what only bash knows, at least on some hosts. */
const strict = new Set(['sh', 'dash', 'ash']);
const mostNodes = 10_000;

/** What only bash knows, as it is written there. */
const ofBash: Partial<Record<SyntaxNode['type'], string>> = {
  TestCommand: '[[',
  ArithmeticCommand: '((',
  ArithmeticFor: 'for ((',
  Select: 'select',
  Coproc: 'coproc',
  ProcessSubstitution: '<(',
  HereString: '<<<',
  ArrayValue: 'NAME=(',
};

/** Whether syntax errors of the parser are errors for a shell, by the name or the path of its program. */
export const isKnownSyntax = (shell: string): boolean => known.has(baseName(shell));

/** Whether a shell may not know what is special to bash. */
export const isStrict = (shell: string): boolean => strict.has(baseName(shell));

/** Finds syntax that only bash knows. @returns each as it is written; it looks at the first 10,000 nodes of the tree */
export function bashSyntax(script: SyntaxNode): string[] {
  const found = new Set<string>();
  let left = mostNodes;
  const visit = (node: SyntaxNode): void => {
    if (--left < 0) return;
    const written = ofBash[node.type];
    if (written !== undefined) found.add(written);
    forEachChild(node, visit);
  };
  visit(script);
  return [...found];
}
