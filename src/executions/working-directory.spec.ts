import { expect, test } from 'vitest';
import { workingDirectory } from './working-directory.js';

const isTaken = (path: string) => workingDirectory.safeParse(path).success;
const workspace = '/srv/millrace/workspaces/projects/01a2024a-912d-72cf-a321-99955c0b2f5f';

test.each(['', '.', 'sub', 'sub/../other', './a//b/', '..a', 'a/..b', workspace, `${workspace}/sub/..`])(
  '%j is inside the workspace',
  (path) => expect(isTaken(path)).toBe(true),
);

test.each([
  '..',
  '../..',
  'sub/../..',
  'a/../../b',
  '/',
  '/etc',
  '/path/to/directory',
  `${workspace}/..`,
  `${workspace}x`,
  'x'.repeat(1025),
])('%j is outside the workspace', (path) => expect(isTaken(path)).toBe(false));
