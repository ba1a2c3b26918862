import { describe, expect, test } from 'vitest';
import { run } from '../commands/steps.js';
import { useApp } from '../support/app.js';
import { data, makeProject, outputOf, runJob, type Json } from './steps.js';

const asRoot = process.getuid?.() === 0;

describe.runIf(asRoot)('the user ids of commands', () => {
  const app = useApp({ env: { COMMAND_UIDS: '1879900000-1879900002' } });
  const taken = async () => {
    const rows = await app.query<{ n: number | null }>(
      `SELECT command_user_number AS n FROM projects UNION ALL SELECT command_user_number FROM users`,
    );
    return rows.flatMap(({ n }) => n ?? []).toSorted();
  };

  test('are assigned at the first execution, one for each project or user', async () => {
    const name = 'Same name';
    // the later ones find the key of each earlier one taken
    const idle = await Promise.all(Array.from({ length: 8 }, () => makeProject(app.admin, { name })));
    await data(201, app.admin.post(`/api/projects/${idle[0]!.id}/clone`, { name }));
    const again = await app.admin.post('/api/projects/', { name, key: idle[0]!.key });
    expect(again.status).toBe(409);
    expect(await taken()).toEqual([]);

    const uidOf = async (project: Json) => {
      const runs = await Promise.all(Array.from({ length: 4 }, () => runJob(app.admin, project, 'id -u')));
      const uids = await Promise.all(runs.map(({ execution_id }) => outputOf(app, execution_id)));
      expect(new Set(uids).size).toBe(1);
      return Number(uids[0]);
    };
    expect(await uidOf(idle[3]!)).toBe(1_879_900_000);
    expect(await uidOf(idle[5]!)).toBe(1_879_900_001);
    const own = await run(app.admin, 'id -u');
    expect(await outputOf(app, own.command_id)).toBe('1879900002\n');
    expect(await taken()).toEqual([0, 1, 2]);

    // a project that finds none left runs nothing, and the others go on
    const late = await runJob(app.admin, idle[6]!, 'id -u', 'failed');
    expect(late).toMatchObject({
      output_bytes: 0,
      error: 'All 3 user ids for commands are taken: widen COMMAND_UIDS',
    });
    await runJob(app.admin, idle[6]!, 'id -u', 'failed');
    expect(await taken()).toEqual([0, 1, 2, 3]);
    expect(await uidOf(idle[3]!)).toBe(1_879_900_000);
  });
});

if (!asRoot)
  test('skipped without root: only as root each project has a user id of its own', () => undefined);
