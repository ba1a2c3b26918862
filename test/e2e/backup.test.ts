import { randomUUID } from 'node:crypto';
import { readdir, rename, mkdir, stat, writeFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { root } from '../support/build.js';
import { data, execute, makeJob, makeProject, outputOf, reached, runJob, show, type Json } from './steps.js';

describe('a backup of the embedded Postgres', () => {
  const app = useApp({ embeddedPostgres: true, env: { LEASE_SECONDS: '3' } });

  const backup = (action: string, file: string) =>
    execa(process.execPath, [join(root, 'dist/bundle/backup.js'), action, file], {
      env: { DATA_DIR: app.dataDir },
      reject: false,
    });

  /** Empties DATA_DIR, whose own name and owner stay. */
  const moveAway = async (folder: string) => {
    await mkdir(folder);
    for (const name of await readdir(app.dataDir)) await rename(join(app.dataDir, name), join(folder, name));
  };

  test('taken while others write, restores what was acknowledged before, and the server goes on from there', async () => {
    const [server] = app.processes;
    const file = join(app.dataDir, '..', `${randomUUID()}.tar.gz`);
    const away = join(app.dataDir, '..', randomUUID());
    const project = await makeProject(app.admin);
    const { execution_id } = await runJob(app.admin, project, String.raw`seq 1 500; printf '\377\000end'`);
    const narrow = await makeProject(app.admin, { resource_limits: { max_concurrent_tasks: 1 } });
    const long = await makeJob(app.admin, narrow, 'sleep 600');
    await execute(app.admin, long);
    await reached(app.admin, long, 'running');
    const later = await makeJob(app.admin, narrow, 'echo later');
    expect(await execute(app.admin, later)).toMatchObject({ why_waiting: 'project_limit' });

    const acknowledged: Json[] = [];
    let isOver = false;
    const writers = [1, 2].map(async (writer) => {
      for (let n = 0; !isOver; n += 1) {
        const text = `${writer} ${n}`;
        const run = await runJob(app.admin, project, `echo ${text}`, 'completed', { title: text });
        acknowledged.push({ text, ...run });
      }
    });
    while (acknowledged.length < 5) await Promise.race([...writers, runJob(app.admin, project, 'true')]);
    const look = async () => [
      await data(200, app.admin.get(`/api/executions/${execution_id}`)),
      await data(200, app.admin.get(`/api/projects/${project.id}`)),
      (await app.admin.get(`/api/commands/${execution_id}/output`)).bytes.toString('base64'),
    ];
    const [execution, , output] = await look();
    const before = [...acknowledged];
    expect(await backup('backup', file)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Wrote'),
    });
    // it was taken while others wrote
    expect(acknowledged.length).toBeGreaterThan(before.length);
    isOver = true;
    await Promise.all(writers);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(join(app.dataDir, '..'))).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect((await backup('backup', file)).stderr).toContain('is there already');
    expect((await backup('restore', file)).stderr).toContain('is not empty');

    await server!.stop();
    await moveAway(away);
    expect(await backup('restore', file)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Restored'),
    });
    server!.start();
    await app.ready(server!);
    // the token of before is good, so the signing key came back too
    const [executionAfter, , outputAfter] = await look();
    expect([executionAfter, outputAfter]).toEqual([execution, output]);
    for (const run of before) {
      expect(await show(app.admin, { id: run.task_id })).toMatchObject({
        title: run.text,
        status: 'completed',
      });
      expect(await outputOf(app, run.execution_id)).toBe(`${run.text}\n`);
    }
    // what was on its way ends as after a crash
    const lost = await reached(app.admin, long, 'failed', 40_000);
    expect(lost.last_run).toMatchObject({ reason: 'WORKER_LOST' });
    await reached(app.admin, later, 'completed');
    const { checks } = await data(200, app.admin.get('/api/system/doctor'));
    expect((checks as Json[]).filter(({ name, status }) => status !== 'ok' && name !== 'disk')).toEqual([]);
    await runJob(app.admin, project, 'echo after');

    // a server that is stopped has a backup taken too
    await server!.stop();
    const second = `${file}.second`;
    expect((await backup('backup', second)).exitCode).toBe(0);
    await rm(away, { recursive: true });
    await moveAway(away);
    const bytes = await readFile(second);
    await writeFile(second, bytes.subarray(0, bytes.length / 2));
    expect(await backup('restore', second)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cut short'),
    });
    expect(await readdir(app.dataDir)).toEqual([]);
    await writeFile(second, bytes);
    expect((await backup('restore', second)).exitCode).toBe(0);
    server!.start();
    await app.ready(server!);
    await runJob(app.admin, project, 'echo at last');
    for (const path of [file, second, away]) await rm(path, { recursive: true });
  });
});
