import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { once } from 'node:events';
import { follow } from '../../test/support/follower.js';
import { descendants } from '../../test/support/process-table.js';
import { postmasterOf } from './postgres.js';
import { Stand, type Mode } from './stand.js';
import { makeProject, startTask } from './steps.js';
import type { Tally } from './tally.js';

const stuckReaders = 5;
/** What a process of ours may take more than before; 1 GB passes through it. */
const maxGrowthMb = 300;
/** What one Postgres process may have of its own, beside the shared buffers. */
const maxPostgresMb = 150;
const patienceMs = 900_000;

/** A lot of output from one command, with one reader who reads and some who have stopped: how much memory it takes where. */
export async function memory(options: { mode: Mode; megabytes: number }, tally: Tally): Promise<void> {
  const { mode, megabytes } = options;
  tally.place = '[memory]';
  const total = megabytes * 1024 * 1024;
  const stand = await Stand.start({ mode });
  let going = true;
  try {
    const before = await largestOfOurs(stand);
    let ours = 0;
    let theirs = 0;
    const watch = (async () => {
      while (going) {
        ours = Math.max(ours, await largestOfOurs(stand));
        theirs = Math.max(theirs, await largestOfPostgres(stand));
        await delay(250);
      }
    })();
    const line = 'x'.repeat(99);
    const job = await startTask(stand, await makeProject(stand), `yes ${line} | head -c ${total}`);
    const stuck = await Promise.all(
      Array.from({ length: stuckReaders }, () => stuckReader(stand, job.execution)),
    );
    const begun = Date.now();
    const reading = await follow(stand, job, 'WebSocket', {
      cutAfter: () => Infinity,
      deadline: Date.now() + patienceMs,
    });
    const seconds = (Date.now() - begun) / 1000;
    going = false;
    await watch;
    tally.check(
      'a large output is whole',
      reading.bytes === total && reading.total === total,
      JSON.stringify(reading),
    );
    tally.figure('large output', `${megabytes} MB in ${seconds.toFixed(0)} s`);
    tally.figure('largest process of Millrace', `${ours.toFixed(0)} MB, ${before.toFixed(0)} MB before`);
    tally.figure('largest process of Postgres', `${theirs.toFixed(0)} MB beside the shared buffers`);
    tally.check('memory of Millrace is bounded', ours - before < maxGrowthMb, `${before} to ${ours} MB`);
    tally.check('memory of Postgres is bounded', theirs < maxPostgresMb, `${theirs} MB`);
    for (const socket of stuck) socket.terminate();
  } finally {
    going = false;
    const faults = await stand.stop();
    tally.check('no process left behind at the end', faults.length === 0, faults.join('\n'));
  }
}

async function stuckReader(stand: Stand, command_id: string): Promise<WebSocket> {
  const ws = new WebSocket(`${stand.nextUrl().replace('http', 'ws')}/ws/a-session`);
  ws.on('error', () => undefined);
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'authenticate', token: stand.admin.token }));
  ws.send(JSON.stringify({ type: 'subscribe', channel: 'command_output', command_id }));
  await once(ws, 'message');
  ws.pause();
  return ws;
}

async function largestOfOurs(stand: Stand): Promise<number> {
  const launchers = await Promise.all(stand.workers.map(({ pid }) => descendants(pid)));
  const pids = [...stand.processes.map(({ pid }) => pid), ...launchers.flat().map(({ pid }) => pid)];
  return Math.max(...(await Promise.all(pids.map((pid) => megabytesOf(pid, 'VmRSS')))));
}

async function largestOfPostgres(stand: Stand): Promise<number> {
  const postmaster = await postmasterOf(stand.postgresFolder);
  const pids = (await descendants(postmaster)).map(({ pid }) => pid);
  return Math.max(0, ...(await Promise.all(pids.map((pid) => megabytesOf(pid, 'RssAnon')))));
}

async function megabytesOf(pid: number, field: 'VmRSS' | 'RssAnon'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
}
