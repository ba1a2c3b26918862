import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const report = `
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('JSON {"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d}\\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
`;

/**
 * Loads a server over a number of connections for some seconds.
 * @param script Lua that defines \`request\`; \`ids\` is a list of ids
 * @returns requests a second, and latency in ms
 * @throws when any response was not a success
 */
export async function load({ folder, url, token, script, ids = [], connections = 32, seconds = 3 }) {
  const file = join(folder, 'load.lua');
  const text = `
    wrk.headers["Authorization"] = "Bearer ${token}"
    wrk.headers["Content-Type"] = "application/json"
    ids = {${ids.map((id) => `"${id}"`).join(',')}}
    math.randomseed(os.time())
    ${script}
    ${report}`;
  await writeFile(file, text);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', file, url];
  const { stdout } = await run('wrk', args);
  const [, json] = /JSON (.*)/.exec(stdout) ?? [];
  if (json === undefined) throw new Error(`wrk said:\n${stdout}`);
  const { requests, seconds: took, p50, p99, failed } = JSON.parse(json);
  if (failed > 0 || requests === 0)
    throw new Error(`${failed} of ${requests} requests to ${url} failed:\n${stdout}`);
  return { requests, rate: requests / took, p50, p99 };
}
