import { forEachChild, type SyntaxNode } from 'unbash';
import { baseName } from '../system-path.js';

/** Programs that write text from the network to their standard output. */
const downloaders = new Set([
  'curl',
  'wget',
  'fetch',
  'http',
  'https',
  'xh',
  'lynx',
  'w3m',
  'aria2c',
  'nc',
  'ncat',
  'netcat',
  'socat',
]);

/** The depth of the search. The inspector refuses deeper nesting anyway. */
const maxDepth = 16;

/** Whether a program writes text from the network to its standard output. */
export function isDownloader(name: string): boolean {
  return downloaders.has(baseName(name));
}

/** Whether a node of the syntax tree contains a command that writes text from the network to its standard output. */
export function downloads(node: SyntaxNode, depth = 0): boolean {
  if (depth > maxDepth) return false;
  if (node.type === 'Command') {
    const words = [node.name, ...node.args.slice(0, 4)];
    // a wrapper such as sudo or timeout may precede the program
    if (words.some((word) => word?.type === 'Word' && isDownloader(word.value))) return true;
  }
  let found = false;
  forEachChild(node, (child) => {
    found ||= downloads(child, depth + 1);
  });
  return found;
}
