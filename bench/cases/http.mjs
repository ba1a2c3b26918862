import { projects } from '../data/seed.mjs';
import { median } from '../support/figures.mjs';
import { peerToken, startBare, startFastApi } from '../support/peers.mjs';
import { load } from '../support/wrk.mjs';

const rounds = 3;
const seconds = 3;

const text = 'a task made by the benchmark, with a text of ordinary length';
const requests = {
  get: (path) => `function() return wrk.format("GET", "${path}/tasks/" .. ids[math.random(#ids)]) end`,
  create: (path) => `(function() local n = 0; return function() n = n + 1
    return wrk.format("POST", "${path}/tasks", nil,
      '{"project_id":"${projects.made}","title":"bench ' .. n .. '","description":"${text}","command":"true","priority":3}') end end)()`,
  list: (path) =>
    `function() return wrk.format("GET", "${path}/tasks?page=1&page_size=50&project_id=${projects.listed}&status=pending") end`,
  'list without a filter': (path) =>
    `function() return wrk.format("GET", "${path}/tasks?page=1&page_size=50") end`,
  update: (path) => `(function() local n = 0; return function() n = n + 1
    return wrk.format("PUT", "${path}/tasks/" .. ids[math.random(#ids)], nil, '{"priority":' .. 1 + n % 10 .. '}') end end)()`,
};

/** The shares of the ceiling that FastAPI reached in an earlier measurement: 1,081 of 7,066 requests a second, and so on. */
const recordedShares = { get: 1_081 / 7_066, create: 884 / 2_764, list: 416 / 1_118 };
const targets = {
  get: { bare: 0.6, fastapi: 4 },
  create: { bare: 0.6, fastapi: 1.8 },
  list: { bare: 0.8, fastapi: 2 },
  'list without a filter': { bare: 4 },
};

/** Compares requests a second with bare Fastify and with FastAPI, in turns of a few seconds, on 100,000 tasks. */
export default async function http(world, report) {
  const url = await world.database(100_000);
  const ids = await world.query(url, async (db) => {
    const { rows } = await db.query(
      'SELECT t.id FROM tasks t JOIN bare.tasks USING (id) ORDER BY md5(t.id::text) LIMIT 5000',
    );
    return rows.map(({ id }) => id);
  });
  const millrace = await world.millrace({ DATABASE_URL: url });
  const { token } = await millrace.signIn();
  const contenders = {
    millrace: { url: millrace.url, token, path: '/api', process: millrace },
    bare: { ...(await peer(await startBare(world, url))), path: '' },
  };
  if (world.peers.fastapi) contenders.fastapi = { ...(await peer(await startFastApi(world, url))), path: '' };

  for (const kind of Object.keys(requests)) {
    const limits = targets[kind] ?? {};
    const compared = Object.entries(contenders).filter(
      ([name]) => name === 'millrace' || limits[name] !== undefined,
    );
    const results = await measureInTurns(world.folder, kind, compared, ids);
    reportResults(report, kind, results);
  }
  // the created tasks have short texts and would be on the first page of every later list
  await world.query(url, async (db) => {
    await db.query("DELETE FROM tasks WHERE project_id = $1 AND title LIKE 'bench %'", [projects.made]);
    await db.query('VACUUM ANALYZE tasks');
  });
}

const peer = async (child) => ({ url: child.url, token: peerToken(), process: child });

async function measureInTurns(folder, kind, contenders, ids) {
  const results = {};
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, { url, token, path, process }] of contenders) {
      // FastAPI is faster without response models
      const lean = name === 'fastapi' && kind === 'list' ? '/lean' : path;
      const script = `request = ${requests[kind](lean)}`;
      const cpu = process.cpuMs;
      const result = await load({ folder, url, token, ids, script, seconds });
      if (round < 0) continue;
      results[name] ??= [];
      results[name].push({ ...result, cpu: (process.cpuMs - cpu) / result.requests });
    }
  }
  return results;
}

function reportResults(report, kind, results) {
  const of = (name, field) => median(results[name].map((result) => result[field]));
  const rate = of('millrace', 'rate');
  const remark = `p50 ${of('millrace', 'p50').toFixed(1)} ms, p99 ${of('millrace', 'p99').toFixed(1)} ms, 32 connections`;
  report.note(kind, rate, 'req/s', remark);
  if (!results.bare) return;
  const bare = of('bare', 'rate');
  report.ratio(kind, rate, 'req/s', { name: 'bare Fastify and pg', value: bare }, targets[kind].bare);
  report.note(
    `${kind}, processor time of the server`,
    of('millrace', 'cpu'),
    'ms/request',
    `bare: ${of('bare', 'cpu').toFixed(3)} ms`,
  );
  if (!targets[kind].fastapi) return;
  const fastapi = results.fastapi
    ? { name: 'FastAPI', value: of('fastapi', 'rate') }
    : { name: 'FastAPI, from its recorded share of bare', value: bare * recordedShares[kind] };
  report.ratio(kind, rate, 'req/s', fastapi, targets[kind].fastapi);
}
