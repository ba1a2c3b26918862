import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeWorkspace } from '../../src/launcher/workspaces.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-removal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const users = { first: 60_000, count: 10, workspaceRoot: folder, maxProcesses: 10 };
const id = '01890000-0000-7000-8000-000000000000';

test('a workspace is removed, with folders that were closed, and what its links lead to stays', async () => {
  const path = join(folder, id);
  mkdirSync(join(path, 'closed/inner'), { recursive: true });
  writeFileSync(join(path, 'closed/inner/file'), '');
  mkdirSync(join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'elsewhere/file'), '');
  symlinkSync(join(folder, 'elsewhere'), join(path, 'link'));
  await removeWorkspace(path, undefined);
  expect(existsSync(path)).toBe(false);
  expect(existsSync(join(folder, 'elsewhere/file'))).toBe(true);
  // one that is not there is no error, and a link is no workspace
  await removeWorkspace(path, undefined);
  symlinkSync(join(folder, 'elsewhere'), path);
  await removeWorkspace(path, undefined);
  expect(existsSync(join(folder, 'elsewhere/file'))).toBe(true);
});

test('a launcher with root rights removes workspaces only', async () => {
  for (const path of [
    folder,
    `${folder}/projects`,
    `${folder}/projects/..`,
    `${folder}/projects/${id}/..`,
    `${folder}/other/${id}`,
    `/${id}`,
  ])
    await expect(removeWorkspace(path, users)).rejects.toThrow('not below the folder of workspaces');
  await removeWorkspace(`${folder}/projects/${id}`, users);
});
