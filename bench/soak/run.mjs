// Runs the soak: builds the server when its sources changed, bundles soak.ts, and starts it with the same arguments.
//   npm run soak -- --mode single|redis|cluster [--minutes 15] [--seed N] [--parts crash,streams,memory,race]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '../..');
const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);

const bundle = await rolldown({
  input: join(import.meta.dirname, 'soak.ts'),
  platform: 'node',
  // packages are not bundled
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
});
const file = join(root, 'dist/bundle-soak/soak.js');
await bundle.write({ file, format: 'esm', sourcemap: 'inline' });
await bundle.close();
await import(pathToFileURL(file).href);
