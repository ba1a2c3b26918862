import { expect, test } from 'vitest';
import { Audiences } from './audiences.js';

const viewer = { id: 'u', role: 'viewer' } as never;

/** Audiences on a database that responds when the test decides, with the members at the time of the query. */
function withSlowDatabase() {
  const queries: { ids: string[]; answer: () => void }[] = [];
  const members = new Map<string, string[]>();
  const query = (_: string, [ids]: [string[]]) =>
    new Promise((resolve) => {
      const rows = ids.map((id) => ({
        id,
        created_by: 'o',
        visibility: 'private',
        deleted: false,
        members: members.get(id) ?? [],
      }));
      queries.push({ ids, answer: () => resolve(rows) });
    });
  return { queries, members, audiences: new Audiences({ query } as never) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a project that changes during its query is queried again', async () => {
  const { queries, members, audiences } = withSlowDatabase();
  members.set('a', ['u']);
  const loading = audiences.load('a');
  members.set('a', []);
  audiences.forget('a');
  queries[0]!.answer();
  await turn();
  expect(audiences.mayReceive(viewer, 'a')).toBe(false);
  queries[1]!.answer();
  await loading;
  expect([queries.length, audiences.mayReceive(viewer, 'a')]).toEqual([2, false]);
});

test('changes of other projects do not repeat a query', async () => {
  const { queries, members, audiences } = withSlowDatabase();
  members.set('a', ['u']);
  const loading = audiences.load('a');
  audiences.forget('b');
  queries[0]!.answer();
  await loading;
  expect([queries.length, audiences.mayReceive(viewer, 'a')]).toEqual([1, true]);
});

test('a batch drops the projects that changed during its query, and all after a general invalidation', async () => {
  const { queries, members, audiences } = withSlowDatabase();
  for (const id of ['a', 'b']) members.set(id, ['u']);
  const first = audiences.prefetch(['a', 'b']);
  audiences.forget('b');
  queries[0]!.answer();
  await first;
  expect(['a', 'b'].map((id) => audiences.mayReceive(viewer, id))).toEqual([true, false]);
  audiences.forgetAll();
  const second = audiences.prefetch(['a', 'b']);
  audiences.forgetAll();
  queries[1]!.answer();
  await second;
  expect(['a', 'b'].map((id) => audiences.mayReceive(viewer, id))).toEqual([false, false]);
});
