import { expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { expectStatus } from '../support/client.js';
import { data, fault, makeProject, makeTask } from '../sessions/steps.js';

const app = useSharedApp();

test('the analytics of an empty project are zero or null', async () => {
  const project = await makeProject(app.admin);
  for (const [period, days] of [
    ['7d', 7],
    ['30d', 30],
    ['90d', 90],
    ['1y', 365],
  ] as const) {
    const none = Array.from({ length: days }, () => 0);
    expect(
      await data(200, app.admin.get(`/api/projects/${project.id}/analytics`, { query: { period } })),
    ).toEqual({
      project_id: project.id,
      period,
      summary: {
        total_tasks: 0,
        completed_tasks: 0,
        average_completion_time: null,
        productivity_score: null,
      },
      task_trends: { created_per_day: none, completed_per_day: none },
      performance_metrics: {
        average_task_duration: null,
        median_task_duration: null,
        completion_rate: 0,
        on_time_completion_rate: null,
      },
      team_performance: [],
    });
  }
});

test('the analytics equal values computed by hand', async () => {
  const maker = await app.admin.createUser('developer', { full_name: 'Mia' });
  const helper = await app.admin.createUser('developer');
  const project = await makeProject(maker, { visibility: 'internal' });
  /** Days before today and seconds: created, ended, ran for, estimated. */
  const rows: [string, number, number | null, number | null, number | null, boolean][] = [
    // status, created, ended, actual, estimated, assigned to the helper
    ['completed', 6, 6, 60, 60, false],
    ['completed', 6, 5, 100, 90, false],
    ['completed', 2, 0, 200, null, true],
    ['completed', 20, 5, null, 500, true],
    ['failed', 2, 2, 10, 10, true],
    ['cancelled', 0, 0, null, null, false],
    ['pending', 0, null, null, null, true],
    ['pending', 20, null, null, null, true],
    ['completed', 20, 20, 5, 5, true],
  ];
  for (const [status, created, ended, actual, estimated, helped] of rows) {
    const task = await makeTask(maker, project, helped ? { assigned_to: helper.user.id } : {});
    await app.query(
      `UPDATE tasks SET status = $2, actual_duration = $5, estimated_duration = $6,
              created_at = (date_trunc('day', now() AT TIME ZONE 'UTC') - make_interval(days => $3)) AT TIME ZONE 'UTC',
              completed_at = (date_trunc('day', now() AT TIME ZONE 'UTC') - make_interval(days => $4)) AT TIME ZONE 'UTC' + interval '1 ms'
        WHERE id = $1`,
      [task.id, status, created, ended, actual, estimated],
    );
  }
  const deleted = await makeTask(maker, project);
  await expectStatus(200, maker.delete(`/api/tasks/${deleted.id}`));
  const path = `/api/projects/${project.key}/analytics`;
  const week = await data(200, maker.get(path, { query: { period: '7d' } }));
  expect(week).toEqual({
    project_id: project.id,
    period: '7d',
    // 0 + 1 + 2 + 15 days over 4 tasks are 4.5 days; 4 of 6 ended ones are completed
    summary: {
      total_tasks: 7,
      completed_tasks: 4,
      average_completion_time: '108:00:00',
      productivity_score: 0.6667,
    },
    task_trends: { created_per_day: [2, 0, 0, 0, 2, 0, 2], completed_per_day: [1, 2, 0, 0, 0, 0, 1] },
    performance_metrics: {
      average_task_duration: '00:02:00',
      median_task_duration: '00:01:40',
      completion_rate: 0.5714,
      on_time_completion_rate: 0.5,
    },
    team_performance: [
      {
        user_id: maker.user.id,
        user_name: 'Mia',
        tasks_completed: 2,
        average_duration: '00:01:20',
        completion_rate: 0.6667,
      },
      {
        user_id: helper.user.id,
        user_name: helper.user.username,
        tasks_completed: 2,
        average_duration: '00:03:20',
        completion_rate: 0.5,
      },
    ],
  });
  const month = await data(200, maker.get(path));
  expect(month).toMatchObject({ period: '30d', summary: { total_tasks: 9, completed_tasks: 5 } });
  expect(month.task_trends.created_per_day.slice(9, 11)).toEqual([3, 0]);
});

test('the analytics are available to users who can read the project', async () => {
  const [owner, viewer, stranger] = [
    await app.admin.createUser('developer'),
    await app.admin.createUser('viewer'),
    await app.admin.createUser('developer'),
  ];
  const project = await makeProject(owner);
  const path = `/api/projects/${project.id}/analytics`;
  await expectStatus(
    200,
    owner.put(`/api/projects/${project.id}/members/${viewer.user.id}`, { role: 'viewer' }),
  );
  for (const person of [owner, viewer, app.admin]) await expectStatus(200, person.get(path));
  expect(await fault(404, stranger.get(path))).toBe('PROJECT_NOT_FOUND');
  expect(await fault(422, owner.get(path, { query: { period: '2w' } }))).toBe('VALIDATION_ERROR period');
  await expectStatus(401, owner.anonymous().get(path));
});
