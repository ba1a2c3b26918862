import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { once } from 'node:events';
import { follow } from '../../test/support/follower.js';
import { descendants } from '../../test/support/process-table.js';
import { postmasterOf } from './postgres.js';
import { TestCluster, type Mode } from './test-cluster.js';
import { makeProject, startTask } from './steps.js';
import type { Counters } from './counters.js';

const stuckReaders = 5;
/** The most growth of a Millrace process while 1 GB passes through it. */
const maxGrowthMb = 300;
/** The most private memory of a Postgres process, without the shared buffers. */
const maxPostgresMb = 150;
const timeoutMs = 900_000;

/** Measures the memory of all processes for a large output with one active reader and some that have stopped reading. */
export async function memory(options: { mode: Mode; megabytes: number }, counters: Counters): Promise<void> {
  const { mode, megabytes } = options;
  counters.place = '[memory]';
  const total = megabytes * 1024 * 1024;
  const cluster = await TestCluster.start({ mode });
  let going = true;
  try {
    const before = await largestOfOurs(cluster);
    let ours = 0;
    let theirs = 0;
    const watch = (async () => {
      while (going) {
        ours = Math.max(ours, await largestOfOurs(cluster));
        theirs = Math.max(theirs, await largestOfPostgres(cluster));
        await delay(250);
      }
    })();
    const line = 'x'.repeat(99);
    const job = await startTask(cluster, await makeProject(cluster), `yes ${line} | head -c ${total}`);
    const stuck = await Promise.all(
      Array.from({ length: stuckReaders }, () => stuckReader(cluster, job.execution)),
    );
    const begun = Date.now();
    const reading = await follow(cluster, job, 'WebSocket', {
      cutAfter: () => Infinity,
      deadline: Date.now() + timeoutMs,
    });
    const seconds = (Date.now() - begun) / 1000;
    going = false;
    await watch;
    counters.check(
      'a large output is whole',
      reading.bytes === total && reading.total === total,
      JSON.stringify(reading),
    );
    counters.figure('large output', `${megabytes} MB in ${seconds.toFixed(0)} s`);
    counters.figure('largest process of Millrace', `${ours.toFixed(0)} MB, ${before.toFixed(0)} MB before`);
    counters.figure('largest process of Postgres', `${theirs.toFixed(0)} MB beside the shared buffers`);
    counters.check('memory of Millrace is bounded', ours - before < maxGrowthMb, `${before} to ${ours} MB`);
    counters.check('memory of Postgres is bounded', theirs < maxPostgresMb, `${theirs} MB`);
    for (const socket of stuck) socket.terminate();
  } finally {
    going = false;
    const faults = await cluster.stop();
    counters.check('no process left behind at the end', faults.length === 0, faults.join('\n'));
  }
}

async function stuckReader(cluster: TestCluster, command_id: string): Promise<WebSocket> {
  const ws = new WebSocket(`${cluster.nextUrl().replace('http', 'ws')}/ws/a-session`);
  ws.on('error', () => undefined);
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'authenticate', token: cluster.admin.token }));
  ws.send(JSON.stringify({ type: 'subscribe', channel: 'command_output', command_id }));
  await once(ws, 'message');
  ws.pause();
  return ws;
}

async function largestOfOurs(cluster: TestCluster): Promise<number> {
  const launchers = await Promise.all(cluster.workers.map(({ pid }) => descendants(pid)));
  const pids = [...cluster.processes.map(({ pid }) => pid), ...launchers.flat().map(({ pid }) => pid)];
  return Math.max(...(await Promise.all(pids.map((pid) => megabytesOf(pid, 'VmRSS')))));
}

async function largestOfPostgres(cluster: TestCluster): Promise<number> {
  const postmaster = await postmasterOf(cluster.postgresFolder);
  const pids = (await descendants(postmaster)).map(({ pid }) => pid);
  return Math.max(0, ...(await Promise.all(pids.map((pid) => megabytesOf(pid, 'RssAnon')))));
}

async function megabytesOf(pid: number, field: 'VmRSS' | 'RssAnon'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
}
