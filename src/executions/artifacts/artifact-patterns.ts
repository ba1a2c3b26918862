import picomatch from 'picomatch';
import { z } from 'zod';

const mostPatterns = 50;
const isClean = (pattern: string) => !/\p{Cc}|\p{Cs}/u.test(pattern);
const staysInside = (pattern: string) => !pattern.startsWith('/') && !pattern.split('/').includes('..');

const artifactPattern = z
  .string()
  .min(1)
  .max(256)
  .refine(isClean, 'Has control characters')
  .refine(staysInside, 'Name files in the workspace, such as dist/**');

/** The globs of the files that are kept of a run. */
export const artifactPatterns = z
  .array(artifactPattern)
  .max(mostPatterns)
  .transform((patterns) => [...new Set(patterns)])
  .meta({
    description:
      'Which files of the workspace are kept after a run that has made or changed them: globs with `*`, `?`, `[…]`, `{a,b}` and `**`, or the names of files and folders',
    examples: [['dist/**', 'reports/*.xml']],
  });

/** How files are found. */
export interface CompiledPattern {
  /** The folder or the file that everything which matches is in or is; empty for the workspace. */
  base: string;
  /** The source of a regular expression for whole paths, without groups that are repeated: it takes polynomial time at most. */
  source: string;
}

/** Wildcards in names that start with a dot, too; parentheses and the like are names, since groups that are repeated take exponential time. */
const options = { dot: true, nonegate: true, noextglob: true } as const;
const hasWildcard = /[*?[\]{}\\]/;

/** Compiles a glob. A folder that it names is found with all that is in it. */
export function compilePattern(pattern: string): CompiledPattern {
  const plain = pattern.replace(/^(\.?\/)+/, '').replace(/\/+$/, '') || '**';
  const segments = plain.split('/');
  const first = segments.findIndex((segment) => hasWildcard.test(segment));
  const escaped = plain.replaceAll(/[()|+]/g, String.raw`\$&`);
  const sources = [escaped, `${escaped}/**`].map((glob) => picomatch.makeRe(glob, options).source);
  return {
    base: (first < 0 ? segments : segments.slice(0, first)).join('/'),
    source: sources.map((source) => `(?:${source})`).join('|'),
  };
}
