import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const SOURCE = fileURLToPath(new URL('../../../src/', import.meta.url));
/** The launcher, and the worker's end of it: neither imports from any other room. */
const ROOMS = ['launcher', 'executor/process'];
// Inside the project, so that the compiled files find their dependencies.
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/millrace-process/', import.meta.url));

/** Compiles the launcher for plain Node, once for each state of its sources, and gives the URL of `executor/process`. */
export function compiledRoom(): URL {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(SOURCE, room), { recursive: true }).map((name) => join(room, String(name))),
  ).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
  const sources = files.map((name): [string, string] => [name, readFileSync(join(SOURCE, name), 'utf8')]);
  const target = join(CACHE, createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 16));
  if (!existsSync(target)) {
    mkdirSync(dirname(target), { recursive: true });
    const draft = mkdtempSync(`${target}-`);
    for (const [name, source] of sources) {
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: {
          target: ts.ScriptTarget.ES2023,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
        },
      });
      const file = join(draft, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, outputText);
    }
    try {
      renameSync(draft, target);
    } catch {
      // Another test file was faster.
      rmSync(draft, { recursive: true });
    }
  }
  return pathToFileURL(`${target}/executor/process/`);
}
