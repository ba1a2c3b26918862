import { forEachChild, type SyntaxNode } from 'unbash';
import { baseName } from './system-path.js';

/** Programs that bring text from the network to their standard output. */
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

/** Deeper nesting is not searched; the walk over the whole command refuses it anyway. */
const maxDepth = 16;

/** Whether a program of this name puts out what it gets from the network. */
export function isDownloader(name: string): boolean {
  return downloaders.has(baseName(name));
}

/** Whether some command below a node does so. */
export function downloads(node: SyntaxNode, depth = 0): boolean {
  if (depth > maxDepth) return false;
  if (node.type === 'Command') {
    const words = [node.name, ...node.args.slice(0, 4)];
    // the program may stand behind a wrapper such as sudo or timeout
    if (words.some((word) => word?.type === 'Word' && isDownloader(word.value))) return true;
  }
  let found = false;
  forEachChild(node, (child) => {
    found ||= downloads(child, depth + 1);
  });
  return found;
}
