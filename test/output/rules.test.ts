import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { data, makeProject, refusal, runJob, type Json } from '../e2e/steps.js';
import { bytesOf, readEvents, run } from '../commands/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

const app = useApp({ env: { HOUSEKEEPING_SECONDS: '1', OUTPUT_MAX_SIZE: '1MB' } });
const token = 'ghp_0123456789abcdefABCDEF';
const password = 'p&ss w+rd/äöü';
const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n';

const setSecret = (client: Client, project: Json, name: string, value: unknown) =>
  client.put(`/api/projects/${project.id}/secrets/${name}`, { value });

const output = async (client: Client, id: string, query = ''): Promise<string> =>
  (await client.get(`/api/commands/${id}/output${query}`)).body;

describe('project secrets', () => {
  test('are set, replaced, listed by name and removed, by owners of the project and administrators only', async () => {
    const [owner, developer, stranger] = await Promise.all(
      [1, 2, 3].map(() => app.admin.createUser('developer')),
    );
    const project = await makeProject(owner!);
    const path = `/api/projects/${project.id}/secrets`;
    await data(
      200,
      owner!.put(`/api/projects/${project.id}/members/${developer!.user.id}`, { role: 'developer' }),
    );
    const first = await data(200, setSecret(owner!, project, 'TOKEN', token));
    expect(first).toEqual({
      name: 'TOKEN',
      created_at: expect.any(String),
      updated_at: expect.any(String),
      updated_by: owner!.user.id,
    });
    await data(200, setSecret(app.admin, project, 'KEY', key));
    await data(200, setSecret(owner!, project, 'TOKEN', `${token}2`));
    const { secrets } = await data(200, owner!.get(path));
    expect(secrets.map(({ name }: Json) => name)).toEqual(['KEY', 'TOKEN']);
    for (const [client, code] of [
      [developer!, '403 PROJECT_ACCESS_DENIED'],
      [stranger!, '404 PROJECT_NOT_FOUND'],
    ] as const) {
      expect(await refusal(client.get(path))).toBe(code);
      expect(await refusal(setSecret(client, project, 'TOKEN', token))).toBe(code);
      expect(await refusal(client.request('DELETE', `${path}/TOKEN`))).toBe(code);
    }
    for (const [name, value] of [
      ['1TOKEN', token],
      ['MILLRACE_X', token],
      ['TOKEN', 'abc'],
      ['TOKEN', 'x'.repeat(32_769)],
      ['TOKEN', undefined],
      ['TOKEN', 'a\0bcd'],
    ] as const)
      expect((await setSecret(owner!, project, name, value)).status).toBe(422);
    for (let index = 0; index < 3; index += 1)
      await data(200, setSecret(owner!, project, `BIG_${index}`, 'x'.repeat(32_768)));
    expect(await refusal(setSecret(owner!, project, 'BIG_3', 'x'.repeat(32_768)))).toBe(
      '409 RESOURCE_LIMIT_EXCEEDED',
    );
    expect((await data(200, owner!.request('DELETE', `${path}/KEY`))).secrets).toHaveLength(4);
    expect(await refusal(owner!.request('DELETE', `${path}/KEY`))).toBe('404 RESOURCE_NOT_FOUND');
  });

  test('are in the environment of its executions, and in no response, output or log', async () => {
    const project = await makeProject(app.admin, { settings: { command_template: 'true' } });
    for (const [name, value] of Object.entries({ TOKEN: token, PASSWORD: password, KEY: key }))
      await data(200, setSecret(app.admin, project, name, value));
    // it names none of them itself
    const hashes = [token, password].map((value) => createHash('sha256').update(value).digest('hex'));
    const script = `
      for value in "$TOKEN" "$PASSWORD"; do printf %s "$value" | sha256sum; done
      echo "token $TOKEN" "$PASSWORD" "$OWN"
      printf %s "$KEY" | head -3
      printf %s "$TOKEN" | head -c 8; sleep 0.3; printf 'to the side' >&2; sleep 0.3; printf %s. "$TOKEN" | tail -c +9
      echo "user:$TOKEN" | base64; printf %s "$KEY" | base64 -w 20; echo "$KEY" >&2
      for i in 1 2 3 4 5 6 7 8; do echo "x=$PASSWORD"; done | tr -d '\\n'`;
    const { command_id } = await data(
      200,
      app.admin.post('/api/commands/execute', {
        command: script,
        project_id: project.id,
        environment: { OWN: 'mine' },
      }),
    );
    const events = await readEvents(
      await app.admin.open('GET', `/api/commands/${command_id}/output`, undefined, {
        headers: { accept: 'text/event-stream' },
      }),
    );
    const live = bytesOf(events).toString();
    const stdout = await output(app.admin, command_id, '?stream=stdout');
    expect(stdout).toMatch(
      /^\w{64} {2}-\n\w{64} {2}-\ntoken \*\*\* \*\*\* mine\n\*\*\*\n\*\*\*\n\*\*\*\n\*\*\*\.dXNlcj\S*\*\*\*\S*\n/,
    );
    expect(hashes.every((hash) => stdout.includes(hash))).toBe(true);
    expect(stdout.endsWith('x=***'.repeat(8))).toBe(true);
    expect(await output(app.admin, command_id, '?stream=stderr')).toBe('to the side***\n');
    const rows = await app.query<{ all: string }>(
      `SELECT (SELECT string_agg(encode(content, 'escape'), '') FROM output_segments) || (SELECT string_agg(a::text, '') FROM activity a)
         || (SELECT string_agg(e::text, '') FROM executions e WHERE e.id = $1)
         || (SELECT string_agg(encode(sealed, 'escape'), '') FROM project_secrets) AS all`,
      [command_id],
    );
    const shown = [
      live,
      await data(200, app.admin.get(`/api/commands/${command_id}/status`)).then(({ output: frames }) =>
        frames.map(({ content }: Json) => content).join(''),
      ),
      JSON.stringify((await app.admin.get(`/api/projects/${project.id}`)).body),
      JSON.stringify((await app.admin.get(`/api/projects/${project.id}/secrets`)).body),
      rows[0]!.all,
      ...app.processes.map(({ stderr }) => stderr),
    ];
    for (const place of shown) {
      for (const hidden of ['456789abcdef', 'p&ss w', 'BADANBgkq', 'hkiG9w0B', 'Z2hwXzAxMjM0NTY3'])
        expect(place.includes(hidden) && hidden).toBe(false);
    }
  });

  test('are masked in output in which every byte ends one, while other requests are answered', async () => {
    const project = await makeProject(app.admin);
    await data(200, setSecret(app.admin, project, 'SHORT', 'aaaa'));
    await data(200, setSecret(app.admin, project, 'LONG', `${'a'.repeat(32_000)}b`));
    // 30 times the longest secret: a search that restarts at every byte would take minutes
    const flood = "head -c 1000000 /dev/zero | tr '\\0' a; echo; echo end";
    let isDone = false;
    const runs = Promise.all(
      [1, 2, 3].map(() => run(app.admin, `(${flood}) & (${flood}) >&2; wait`, { project_id: project.id })),
    ).finally(() => (isDone = true));
    while (!isDone) {
      expect((await app.admin.get('/api/health/live')).status).toBe(200);
      await delay(20);
    }
    for (const { command_id, status } of await runs) {
      expect(status).toBe('completed');
      for (const stream of ['stdout', 'stderr'])
        expect(await output(app.admin, command_id, `?stream=${stream}`)).toBe('***\nend\n');
    }
  });

  test('are not passed to executions of others, and are masked in errors', async () => {
    const project = await makeProject(app.admin);
    await data(200, setSecret(app.admin, project, 'TOKEN', token));
    const { command_id } = await run(app.admin, 'echo "<$TOKEN>"');
    expect(await output(app.admin, command_id)).toBe('<>\n');
    const failed = await run(app.admin, 'true', { project_id: project.id, working_directory: `no/${token}` });
    expect(failed).toMatchObject({ status: 'failed', error: expect.stringContaining('no/***') });
    await app.query(
      "UPDATE project_secrets SET sealed = decode(repeat('00', 40), 'hex') WHERE project_id = $1",
      [project.id],
    );
    const sealed = await run(app.admin, 'true', { project_id: project.id });
    expect(sealed).toMatchObject({ status: 'failed', error: expect.stringContaining('SECRETS_KEY') });
  });
});

describe('output above the limit', () => {
  const lines = 'i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done';
  const whole = Array.from({ length: 3000 }, (_, index) => `line ${index}\n`).join('');

  test('is truncated at the end, in the middle, or ends the execution, as the task configures', async () => {
    const project = await makeProject(app.admin, {
      resource_limits: { default_run_limits: { output_size: '2KB' }, max_concurrent_tasks: 10 },
    });
    const limited = (limits: Json, status = 'completed', command = lines) =>
      runJob(app.admin, project, command, status, { limits });
    const [truncated, both, stopped] = await Promise.all([
      limited({}),
      limited({ output_size: '4KB', output_policy: 'head_and_tail' }),
      limited({ output_policy: 'stop' }, 'failed', `${lines}; sleep 100`),
    ]);
    const missing = whole.length - 2048;
    const text = await output(app.admin, truncated.execution_id);
    expect(text.startsWith(whole.slice(0, 2048))).toBe(true);
    expect(text.slice(2048)).toBe(
      '\n[millrace] The output has reached its limit of 2KB: the rest is left out\n' +
        `\n[millrace] ${missing} bytes of output were left out here\n`,
    );
    expect(truncated).toMatchObject({ output_omitted: missing, output_bytes: text.length });
    const shown = await output(app.admin, both.execution_id);
    expect(shown.startsWith(whole.slice(0, 2048))).toBe(true);
    expect(shown.endsWith(whole.slice(-2048))).toBe(true);
    expect(both.output_omitted).toBe(whole.length - 4096);
    expect(stopped).toMatchObject({
      reason: 'OUTPUT_LIMIT_EXCEEDED',
      exit_code: -15,
      error: expect.stringContaining('limit'),
    });

    // offsets are without a gap, and the markers are known as such
    const events = await readEvents(
      await app.admin.open('GET', `/api/commands/${both.execution_id}/output`, undefined, {
        headers: { accept: 'text/event-stream' },
      }),
    );
    events.forEach(({ data: frame }, index) => expect(frame.offset).toBe(events[index - 1]?.id ?? 0));
    expect(events.at(-1)?.data).toMatchObject({ end: true, total: both.output_bytes });
    const markers = events.filter(({ data: frame }) => frame.marker).map(({ data: frame }) => frame.content);
    expect(markers).toHaveLength(2);
  });

  test('is limited by the maximum of the server', async () => {
    const { output_bytes, output_omitted } = await run(app.admin, 'head -c 3000000 /dev/zero', {
      limits: { output_size: '1TB' },
    });
    expect(output_omitted).toBe(3_000_000 - 1024 * 1024);
    expect(output_bytes).toBeLessThan(1024 * 1024 + 300);
  });
});

test('output can be read by range, searched by line, and stripped of colours', async () => {
  const { command_id } = await run(
    app.admin,
    "for i in $(seq 1 5000); do echo \"line $i\"; done; printf '\\033[31mred\\033[0m\\n'; echo 'line of stderr' >&2",
  );
  const path = `/api/commands/${command_id}/output`;
  const whole = (await app.admin.get(path)).bytes;
  const part = async (query: string, headers: Record<string, string> = {}) => {
    const { status, headers: told, bytes } = await app.admin.get(`${path}${query}`, { headers });
    return { status, range: told.get('content-range'), length: told.get('content-length'), bytes };
  };
  expect(await part('?from_offset=100&limit=50')).toMatchObject({
    status: 200,
    length: '50',
    bytes: whole.subarray(100, 150),
  });
  expect(await part('?follow=true&from_offset=7&limit=10')).toMatchObject({ bytes: whole.subarray(7, 17) });
  expect(await part('', { range: 'bytes=5-9' })).toEqual({
    status: 206,
    range: `bytes 5-9/${whole.length}`,
    length: '5',
    bytes: whole.subarray(5, 10),
  });
  expect(await part('', { range: 'bytes=-6' })).toMatchObject({ status: 206, bytes: whole.subarray(-6) });
  expect(await part('', { range: `bytes=${whole.length}-` })).toMatchObject({
    status: 416,
    range: `bytes */${whole.length}`,
  });
  expect(await part('?stream=stderr', { range: 'bytes=0-3' })).toMatchObject({ status: 200 });
  expect((await app.admin.get(`${path}?download=true`)).headers.get('content-disposition')).toBe(
    `attachment; filename="${command_id}.log"`,
  );
  expect((await part('?ansi=strip')).bytes.toString()).toBe(
    whole.toString().replace('\x1b[31m', '').replace('\x1b[0m', ''),
  );

  const search = (query: string) => data(200, app.admin.get(`${path}/search?${query}`));
  const found = await search('q=line%20499&context=1');
  expect(found).toMatchObject({ complete: true, next_cursor: null, searched_to: whole.length });
  expect(found.matches.map(({ line }: Json) => line)).toEqual([
    499,
    ...Array.from({ length: 10 }, (_, index) => 4990 + index),
  ]);
  const [first] = found.matches;
  expect(first).toMatchObject({ text: 'line 499', before: ['line 498'], after: ['line 500'] });
  expect(whole.subarray(first.offset, first.offset + 8).toString()).toBe('line 499');
  const page = await search('q=line%20499&limit=4');
  expect(page.complete).toBe(false);
  const rest = await search(`q=line%20499&cursor=${page.next_cursor}`);
  expect([...page.matches, ...rest.matches].map(({ offset }: Json) => offset)).toEqual(
    found.matches.map(({ offset }: Json) => offset),
  );
  expect((await search('q=LINE%20OF&ignore_case=true&stream=stderr')).matches).toMatchObject([
    { line: 1, text: 'line of stderr' },
  ]);
  expect((await search('q=red&ansi=strip')).matches).toMatchObject([{ line: 5001, text: 'red' }]);
  expect((await search('q=%28a%2B%29%2B%24')).matches).toEqual([]);
  for (const query of ['', 'q=', 'q=a%0Ab', 'q=a&context=21', 'q=a&cursor=x', 'q=a&cursor=0.0'])
    expect((await app.admin.get(`${path}/search?${query}`)).status).toBe(422);
  const stranger = await app.admin.createUser('developer');
  expect(await refusal(stranger.get(`${path}/search?q=a`))).toBe('404 RESOURCE_NOT_FOUND');
});

test('output is deleted at the end of the retention of its project, and responses report it', async () => {
  const keeping = await makeProject(app.admin, { settings: { output_retention_days: 400 } });
  const forgetting = await makeProject(app.admin, { settings: { output_retention_days: 1 } });
  const fresh = await runJob(app.admin, forgetting, 'echo fresh');
  const kept = await runJob(app.admin, keeping, 'echo kept');
  const old = await runJob(app.admin, forgetting, 'yes | head -c 800000');
  const single = await run(app.admin, 'echo single');
  const usage = async (owner: string) => {
    const [row] = await app.query<{ bytes: string }>(
      'SELECT sum(bytes) AS bytes FROM output_usage WHERE owner = $1',
      [owner],
    );
    return Number(row!.bytes);
  };
  const usedBefore = await usage(app.admin.user.id);
  const path = `/api/commands/${old.execution_id}`;
  expect((await app.admin.get(`${path}/output`)).bytes).toHaveLength(800_000);
  await app.query(
    "UPDATE executions SET finished_at = finished_at - interval '100 days' WHERE id = ANY($1)",
    [[kept.execution_id, old.execution_id, single.command_id]],
  );
  const left = (id: string) => app.query('SELECT 1 FROM output_segments WHERE execution_id = $1', [id]);
  await until(async () => (await left(old.execution_id)).length === 0, {
    what: 'the old output to be removed',
  });
  await until(async () => (await left(single.command_id)).length === 0, {
    what: 'that of a single command too',
  });
  expect(await output(app.admin, fresh.execution_id)).toBe('fresh\n');
  expect(await output(app.admin, kept.execution_id)).toBe('kept\n');
  for (const url of [`${path}/output`, `${path}/output/search?q=y`, `/api/tasks/${old.task_id}/output`])
    expect(await refusal(app.admin.get(url))).toBe('410 OUTPUT_PRUNED');
  expect(await data(200, app.admin.get(`${path}/status`))).toMatchObject({
    output: [],
    output_bytes: 800_000,
    output_pruned_at: expect.any(String),
  });
  expect(await usage(keeping.id)).toBe(5);
  expect(await usage(forgetting.id)).toBe(6);
  expect(await usage(app.admin.user.id)).toBe(usedBefore - 'single\n'.length);
  const rows = await app.query('SELECT 1 FROM executions WHERE output_pruning');
  expect(rows).toEqual([]);
});
