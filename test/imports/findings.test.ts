import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { countsOf, send, tasksOf } from './files.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
});

const findings = async (file: unknown, query: Record<string, boolean> = {}): Promise<Json> =>
  data(200, send(owner, project, 'findings', file, query));
const put = async (title: string, changes: object): Promise<Json> =>
  data(200, owner.put(`/api/tasks/${(await tasksOf(owner, project))[title]!.id}`, changes));

/** A file of SARIF 2.1.0 with one run. */
const sarif = (results: object[], driver: object = {}) => ({
  $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
  version: '2.1.0',
  runs: [{ results, tool: { driver: { name: 'Scanner', rules, ...driver } }, columnKind: 'utf16CodeUnits' }],
});
const rules = [
  {
    id: 'sql',
    shortDescription: { text: 'SQL injection' },
    help: { markdown: 'Use **parameters**.' },
    properties: { 'security-severity': '9.8', tags: ['security'] },
  },
  { id: 'style', defaultConfiguration: { level: 'note' } },
];
const result = (ruleId: string, uri: string, fields: object = {}) => ({
  ruleId,
  message: { text: `Found by ${ruleId}` },
  locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine: 7 } } }],
  ...fields,
});

describe('findings in SARIF', () => {
  beforeAll(async () => {
    project = await makeProject(owner);
  });

  test('are tasks of their tool, known by their fingerprint also when the line changes', async () => {
    const file = sarif([
      result('sql', 'src/a.ts'),
      result('style', 'src/a.ts', { partialFingerprints: { hash: '1' } }),
      result('sql', 'src/b.ts', { kind: 'pass' }),
      result('sql', 'src/c.ts', { suppressions: [{ kind: 'inSource' }] }),
    ]);
    expect(await findings(file, { dry_run: true })).toMatchObject({ create: 2, dry_run: true });
    expect(countsOf(await findings(file))).toEqual([2, 0, 0]);
    const tasks = await tasksOf(owner, project);
    expect(tasks['SQL injection (src/a.ts)']).toMatchObject({
      type: 'vulnerability',
      priority: 1,
      source: 'Scanner',
      project_path: 'src/a.ts',
      description: 'Found by sql\n\nUse **parameters**.\n\nRule: sql\n\nLocation: src/a.ts:7',
      external_ref: expect.stringMatching(/^Scanner:[0-9a-f]{64}$/),
    });
    expect(tasks['Found by style (src/a.ts)']).toMatchObject({ type: 'bug', priority: 7 });
    expect(countsOf(await findings(file))).toEqual([0, 0, 2]);
    const moved = structuredClone(file);
    (moved.runs[0]!.results[0] as Json).locations[0].physicalLocation.region.startLine = 9;
    expect(countsOf(await findings(moved))).toEqual([0, 1, 1]);
  });

  test('that are gone are completed when asked, and those that come back are pending again, unless somebody has dismissed them', async () => {
    const file = sarif([result('sql', 'x.ts'), result('sql', 'y.ts'), result('sql', 'z.ts')]);
    await findings(file);
    await put('SQL injection (y.ts)', { status: 'cancelled' });
    await put('SQL injection (z.ts)', { priority: 8 });
    const less = sarif([result('style', 'src/a.ts', { partialFingerprints: { hash: '1' } })]);
    expect(await findings(less)).toMatchObject({ complete: 0 });
    // the name of the tool may come last
    const other = { findings: [{ fingerprint: '1', title: 'Of another tool' }], tool: 'Other' };
    expect(await findings(other, { complete_missing: true })).toMatchObject({ create: 1, complete: 0 });
    // the first test's and this one's, but the dismissed one and that of another tool
    const plan = await findings(less, { complete_missing: true });
    expect(plan).toMatchObject({
      complete: 3,
      changes: Array.from({ length: 3 }, () => ({ action: 'complete' })),
    });
    const statuses = async () =>
      Object.fromEntries(
        Object.entries(await tasksOf(owner, project)).map(([title, { status }]) => [title, status]),
      );
    expect(await statuses()).toMatchObject({
      'SQL injection (x.ts)': 'completed',
      'SQL injection (y.ts)': 'cancelled',
      'Found by style (src/a.ts)': 'pending',
      'Of another tool': 'pending',
    });
    expect(countsOf(await findings(file))).toEqual([0, 2, 1]);
    expect(await statuses()).toMatchObject({
      'SQL injection (x.ts)': 'pending',
      'SQL injection (y.ts)': 'cancelled',
    });
    // the severity is as it was, so what people think of it stays
    expect((await tasksOf(owner, project))['SQL injection (z.ts)']).toMatchObject({
      priority: 8,
      status: 'pending',
    });
  });

  test('of several runs belong to the tool of their run, wherever it stands', async () => {
    const file = `{"version": "2.1.0", "runs": [
      {"results": [{"ruleId": "r", "message": {"text": "First"}}], "tool": {"driver": {"name": "One", "rules": [{"id": "r", "shortDescription": {"text": "Of one"}}]}}},
      {"tool": {"driver": {"name": "Two"}}, "results": [{"ruleId": "r", "message": {"text": "Second"}}, {"ruleId": "r", "message": {"text": "Second"}}]}]}`;
    expect(await findings(file)).toMatchObject({
      create: 2,
      warnings: [{ line: 3, issue: 'The finding is the one of line 3' }],
    });
    const tasks = await tasksOf(owner, project);
    expect([tasks['Of one']!.source, tasks['Second']!.source]).toEqual(['One', 'Two']);
  });
});

describe('a list of findings', () => {
  beforeAll(async () => {
    project = await makeProject(owner);
  });

  test('makes a task of each by its severity', async () => {
    const severities = ['critical', 'high', 'medium', 'low', 'info'];
    const list = severities.map((severity) => ({
      fingerprint: severity,
      title: severity,
      severity,
      location: 'a.ts:3',
    }));
    expect(countsOf(await findings(list))).toEqual([5, 0, 0]);
    const tasks = await tasksOf(owner, project);
    expect(severities.map((severity) => tasks[severity]!.priority)).toEqual([1, 3, 5, 7, 9]);
    expect(tasks['high']).toMatchObject({
      project_path: 'a.ts',
      source: 'findings',
      external_ref: 'findings:high',
    });
    expect(await findings([], { complete_missing: true })).toMatchObject({ complete: 5 });
  });

  test('with faults is refused with the lines, and nothing is done', async () => {
    const before = await tasksOf(owner, project);
    const answer = await send(
      owner,
      project,
      'findings',
      '[\n{"title": "x"},\n{"fingerprint": "1", "title": "x", "severity": "bad"},\n{"fingerprint": "2", "title": "y"}]',
      { complete_missing: true },
    );
    expect([
      answer.status,
      answer.body.error.details.faults.map(({ line, field }: Json) => `${line} ${field}`),
    ]).toEqual([422, ['2 fingerprint', '3 severity']]);
    expect(await tasksOf(owner, project)).toEqual(before);
    for (const [file, status] of [
      [{ hello: 1 }, '422 VALIDATION_ERROR'],
      [{ version: '1.0', runs: [] }, '422 VALIDATION_ERROR'],
      ['[', '400 MALFORMED_REQUEST'],
    ] as const)
      expect(await refusal(send(owner, project, 'findings', file))).toBe(status);
    const viewer = await app.admin.createUser('viewer');
    expect(await refusal(send(viewer, project, 'findings', []))).toMatch(/^403|^404/);
  });
});
