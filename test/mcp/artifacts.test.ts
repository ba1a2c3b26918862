import { afterEach, beforeAll, expect, test } from 'vitest';
import { data, makeProject, refusal, runJob, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import { expectStatus, type Client } from '../support/client.js';
import { Agent } from './steps.js';

const app = useSharedApp();
const open: Agent[] = [];
let owner: Client;
let run: Json;
let files: Record<string, Json>;

const text = Array.from({ length: 9_000 }, (_, n) => `${n} wörter €\n`).join('');
/** More than a part of a stored file. */
const zeros = 700_000;

beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  const project = await makeProject(owner);
  const command = `node -e '
    const fs = require("node:fs");
    fs.writeFileSync("a.txt", Array.from({ length: 9000 }, (_, n) => n + " wörter €\\n").join(""));
    fs.writeFileSync("b.bin", Buffer.alloc(${zeros}, "0123456789"));
    fs.appendFileSync("b.bin", Buffer.from([0]));
    fs.writeFileSync("c", "");
    fs.writeFileSync(process.env.MILLRACE_SUMMARY, "# Done\\n" + "x".repeat(7000) + "end");
  '`;
  run = await runJob(owner, project, command, 'completed', { artifacts: ['a.txt', 'b.bin', 'c'] });
  const listed = await data(200, owner.get(`/api/executions/${run.execution_id}/artifacts`));
  files = Object.fromEntries(listed.artifacts.map((file: Json) => [file.path, file]));
});
afterEach(() => Promise.all(open.splice(0).map((agent) => agent.close())));

async function connect(client: Client): Promise<Agent> {
  const agent = await new Agent(true).connect(app.url, client.token!);
  open.push(agent);
  return agent;
}

test('an agent reads the summary of a run and its files', async () => {
  const agent = await connect(owner);
  const { execution_id } = run;
  const shown = await agent.call('run_get', { execution_id });
  expect(shown).toMatchObject({
    status: 'completed',
    exit_code: 0,
    summary: expect.stringMatching(/^# Done\nx{5993}$/),
    next_summary_from: 6_000,
    artifacts: ['a.txt', 'b.bin', 'c'].map((path) => ({
      artifact_id: files[path]!.id,
      path,
      size: files[path]!.size,
    })),
  });
  const rest = await agent.call('run_get', { execution_id, summary_from: 6_000 });
  expect(rest.summary).toMatch(/^x{1007}end$/);
  expect(rest.next_summary_from).toBeUndefined();

  const artifact_id = files['a.txt']!.id;
  let read = '';
  let from_offset: number | undefined = 0;
  for (let limit = 7_777; from_offset !== undefined; limit = limit === 7_777 ? 31_999 : 7_777) {
    const piece: Json = await agent.call('read_artifact', { execution_id, artifact_id, from_offset, limit });
    read += piece.text;
    from_offset = piece.next_offset;
  }
  expect(read).toBe(text);
  expect(await agent.call('read_artifact', { execution_id, artifact_id: files['c']!.id })).toEqual({});
  const binary = { execution_id, artifact_id: files['b.bin']!.id };
  expect(await agent.refused('read_artifact', { ...binary, from_offset: zeros - 10 })).toMatch(
    /^NO_TEXT: The file is no text in UTF-8: download it at \/api\/executions\//,
  );
  expect(await agent.call('read_artifact', { ...binary, from_offset: zeros - 100, limit: 20 })).toEqual({
    text: '01234567890123456789',
    next_offset: zeros - 80,
  });
});

test('a piece of a file is read from any place, and what one may not see is not there', async () => {
  const path = `/api/executions/${run.execution_id}/artifacts/${files['b.bin']!.id}`;
  const whole = (await expectStatus(200, owner.get(path))).bytes;
  expect(whole).toHaveLength(zeros + 1);
  const piece = async (query: Record<string, number>) => {
    const { bytes, headers } = await expectStatus(200, owner.get(path, { query }));
    expect(headers.get('content-length')).toBe(String(bytes.length));
    return bytes;
  };
  for (const [from, limit] of [
    [0, 1],
    [1, 2],
    [65_535, 2],
    [1, 600_000],
    [262_144, 262_144],
    [zeros, 10],
    [zeros + 1, 10],
    [zeros + 9, 1],
  ] as const)
    expect([
      from,
      limit,
      (await piece({ from_offset: from, limit })).equals(whole.subarray(from, from + limit)),
    ]).toEqual([from, limit, true]);
  expect((await piece({ from_offset: 3 })).equals(whole.subarray(3))).toBe(true);
  expect(await refusal(owner.get(path, { query: { limit: 0 } }))).toBe('422 VALIDATION_ERROR');
  const stranger = await app.admin.createUser('developer');
  expect(await refusal(stranger.get(path, { query: { from_offset: 1 } }))).toBe('404 RESOURCE_NOT_FOUND');
  const agent = await connect(stranger);
  const { execution_id } = run;
  expect(await agent.refused('run_get', { execution_id })).toMatch(/^RESOURCE_NOT_FOUND/);
  const artifact_id = files['a.txt']!.id;
  expect(await agent.refused('read_artifact', { execution_id, artifact_id })).toMatch(/^RESOURCE_NOT_FOUND/);
});
