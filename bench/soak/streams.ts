import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { follow, transports } from '../../test/support/follower.js';
import { Random } from './random.js';
import { TestCluster, type Mode } from './test-cluster.js';
import { makeProject, startTask } from './steps.js';
import type { Counters } from './counters.js';

const readersOfEach = 2;
const timeoutMs = 900_000;

/** Streams ten million lines over all transports to readers whose connections are cut repeatedly; a cluster also loses an API process. */
export async function streams(
  options: { mode: Mode; seed: number; lines: number },
  counters: Counters,
): Promise<void> {
  const { mode, seed, lines } = options;
  const random = new Random(seed);
  counters.place = '[streams]';
  const command = `seq -f 'line %.0f äé日本🙂' 1 ${lines}`;
  const truth = await run(command);
  const cluster = await TestCluster.start({ mode });
  try {
    const job = await startTask(cluster, await makeProject(cluster), command);
    const deadline = Date.now() + timeoutMs;
    const begun = Date.now();
    const readings = transports.flatMap((transport) =>
      Array.from({ length: readersOfEach }, async (_, index) => {
        const own = new Random(seed + index * 7);
        const reading = await follow(cluster, job, transport, {
          cutAfter: () => own.between(Math.ceil(truth.bytes / 50), Math.ceil(truth.bytes / 8)),
          deadline,
        });
        counters.count(`cuts over ${transport}`, reading.cuts);
        counters.check(
          `a stream over ${transport} is byte-identical`,
          reading.hash === truth.hash && reading.total === truth.bytes,
          () => JSON.stringify(reading),
        );
      }),
    );
    if (mode === 'cluster') {
      await delay(random.between(1_000, 4_000));
      const api = random.pick(cluster.apis);
      await api.kill();
      api.start();
      counters.count('serving processes killed');
    }
    await Promise.all(readings);
    counters.figure(
      'lines streamed',
      `${lines} (${(truth.bytes / 1e6).toFixed(0)} MB) to ${readings.length} readers in ${((Date.now() - begun) / 1000).toFixed(0)} s`,
    );
  } finally {
    const faults = await cluster.stop();
    counters.check('no process left behind at the end', faults.length === 0, faults.join('\n'));
  }
}

/** Runs a command directly. @returns the length and hash of its output */
async function run(command: string): Promise<{ bytes: number; hash: string }> {
  const { stdout } = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of stdout) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, hash: hash.digest('hex') };
}
