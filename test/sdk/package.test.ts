import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { root } from '../support/build.js';
import { installPacked } from '../support/packed.js';

const run = promisify(execFile);
const app = useApp();
let folder: string;

beforeAll(async () => {
  folder = await installPacked(['sdk', 'node_modules/ws', 'node_modules/eventsource-parser']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const readme = async () => {
  const text = await readFile(join(folder, 'node_modules/@millrace/sdk/README.md'), 'utf8');
  return { text, example: [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code).join('\n') };
};

test('the package contains the files that it needs, and no others', async () => {
  const files = await readdir(join(folder, 'node_modules/@millrace/sdk'), {
    recursive: true,
    withFileTypes: true,
  });
  const names = files.filter((file) => file.isFile()).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['README.md', 'LICENSE', 'package.json', 'index.js', 'index.d.ts']),
  );
  expect(names.filter((name) => !/\.(js|d\.ts)$|^(README\.md|LICENSE|package\.json)$/.test(name))).toEqual(
    [],
  );
});

test('the example of the README compiles under the strictest settings and runs', async () => {
  const { example } = await readme();
  await writeFile(join(folder, 'example.ts'), `${example}\nreceiver.close();\n`);
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  await symlink(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
  await symlink(join(root, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const strict = [
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--target',
    'es2022',
  ];
  const options = [...strict, '--module', 'nodenext', '--lib', 'es2022', '--types', 'node'];
  await run(process.execPath, [compiler, ...options, 'example.ts'], { cwd: folder }).catch(
    ({ stdout }: { stdout: string }) => expect.fail(stdout),
  );

  const env = { PATH: process.env['PATH'], API_BASE_URL: `${app.url}/api`, API_TOKEN: app.admin.token };
  const { stdout, stderr } = await run(process.execPath, ['example.js'], {
    cwd: folder,
    env,
    timeout: 60_000,
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^1 open, the first is Say hello\nline 1\nline 2\nline 3\nended with 0\nLinux\n/);
  expect(stdout).toMatch(/hello\n/);
  expect(stdout).toMatch(/\nTask [\w-]{36} is completed\nSHOP-1 Say hello again\n404 [\w-]+\n$/);
});

test('the browser bundle needs nothing of Node, and is as small as the README says', async () => {
  const bundle = async (code: string) => {
    const entry = join(folder, 'entry.js');
    await writeFile(entry, code);
    const bundled = await rolldown({ input: entry, platform: 'browser' });
    const { output } = await bundled.generate({ minify: true });
    await bundled.close();
    const text = output.map((file) => (file.type === 'chunk' ? file.code : '')).join('');
    return { text, kilobytes: gzipSync(text, { level: 9 }).length / 1000 };
  };
  const { text } = await readme();
  const [, whole, verify] = /client is ([\d.]+) kB .* alone ([\d.]+) kB/s.exec(text) ?? [];
  const client = await bundle("export { MillraceClient } from '@millrace/sdk'");
  const hooks = await bundle("export { verifyWebhook } from '@millrace/sdk'");
  expect(
    /(from|import\(?) ?["'`](node:\w+|ws)\b|\b(process|Buffer)\./.exec(client.text)?.[0],
  ).toBeUndefined();
  expect(client.kilobytes).toBeLessThan(Number(whole) + 0.3);
  expect(hooks.kilobytes).toBeLessThan(Number(verify) + 0.1);
});
