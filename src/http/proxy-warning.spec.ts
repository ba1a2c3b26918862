import { expect, test } from 'vitest';
import type { Logger } from '../common/logger.js';
import { warnOfSharedLoopback } from './proxy-warning.js';

const commandUsers = { first: 100_000, count: 10, workspaceRoot: '/w', maxProcesses: 10 };

test.each([
  [['loopback'], undefined, 1],
  [['10.0.0.0/8', '127.0.0.1'], undefined, 1],
  [['::1'], undefined, 1],
  [['10.0.0.0/8'], undefined, 0],
  [[], undefined, 0],
  // commands are distinguished from the proxy by their user ids
  [['loopback'], commandUsers, 0],
])('TRUST_PROXY %j with command users %j logs %i warnings', (TRUST_PROXY, users, warnings) => {
  const said: string[] = [];
  const logger = { warn: (text: string) => said.push(text) } as unknown as Logger;
  warnOfSharedLoopback({ TRUST_PROXY, commandUsers: users }, logger);
  expect(said).toHaveLength(warnings);
});
