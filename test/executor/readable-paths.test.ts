import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkReadablePaths } from '../../src/executor/readable-paths.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-paths-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [data, workspaces, tools] = ['data', 'workspaces', 'tools'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
for (const path of [data, join(data, 'pg'), workspaces, tools]) mkdirSync(path);
const linkTo = (target: string): string => {
  const path = join(tools, `link-${target.replaceAll('/', '-')}`);
  symlinkSync(target, path);
  return path;
};
const check = (...paths: string[]) =>
  checkReadablePaths({ EXECUTOR_READABLE_PATHS: paths, DATA_DIR: data }, workspaces);

test.each([
  ['/proc or what is in it', '/proc'],
  ['/proc or what is in it', '/proc/1/root'],
  ['/dev or what is in it', '/usr/../dev/shm'],
  ['/sys or what is in it', '/sys/kernel/'],
  ['/tmp itself', '/tmp'],
  ['the root folder', '/./'],
  ['DATA_DIR', data],
  ['DATA_DIR', join(data, 'pg')],
  ['DATA_DIR', join(data, 'not-there-yet')],
  ['the folder of the workspaces', join(workspaces, 'projects')],
  ['/proc or what is in it', linkTo('/proc/self')],
  ['the root folder', linkTo('/')],
  ['DATA_DIR', linkTo(join(data, 'pg'))],
])('EXECUTOR_READABLE_PATHS must not contain %s', async (fault, path) => {
  await expect(check(tools, path)).rejects.toThrow(`EXECUTOR_READABLE_PATHS: must not contain ${fault}`);
});

test('EXECUTOR_READABLE_PATHS may contain a parent of a hidden folder, or a folder of a similar name', async () => {
  await check(folder, tools, `${data}-of-others`, '/processes', linkTo('/usr/share'), '/tmp/tools');
});
