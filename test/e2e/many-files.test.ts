import { beforeAll, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { data, makeProject, runJob } from './steps.js';

const app = useSharedApp();
let owner: Client;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
});

test('a run in a workspace of very many files ends, and says that not all were looked at', async () => {
  const folders = 100;
  const names = 1_000;
  const levels = 110;
  const project = await makeProject(owner, { resource_limits: { storage_limit: '3KB' } });
  // links are made many times faster than files, and a file may have only so many of them
  const many = `for my $d (1..${folders}) { mkdir $d; open my $f, ">", "$d/0"; print $f "x"; close $f; for (1..${names - 1}) { link "$d/0", "$d/$_" or die } }`;
  const deep = `mkdir "deep"; chdir "deep"; for (1..${levels}) { mkdir "d"; chdir "d" } open my $f, ">", "lost"`;
  const run = await runJob(owner, project, `perl -e '${many} ${deep}'`, 'completed', {
    artifacts: ['**'],
    timeout: 120,
  });
  const { artifacts } = await data(200, owner.get(`/api/executions/${run.execution_id}/artifacts`));
  // a file of one byte counts some 260 bytes, with its name and its row
  expect(artifacts).toHaveLength(11);
  // on a slow machine the time for the search is over before it has seen all
  expect(run.artifacts_omitted).toBeGreaterThan(names);
  expect(run.artifacts_omitted).toBeLessThanOrEqual(folders * names - 11);
  expect(run.artifacts_error).toContain(`${run.artifacts_omitted} did not fit`);
  expect(run.artifacts_error).toContain('the search was ended early');
});
