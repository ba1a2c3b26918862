import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Launcher } from '../../dist/executor/process/launcher.js';
import { launcherEntry, spawnLauncher } from '../../dist/launcher/spawn-launcher.js';
import { median, percentile, shown } from '../support/figures.mjs';
import { root } from '../support/millrace.mjs';

const pairs = 60;
/** The runs of one half of a pair. They are few, so that the host is in the same state for both halves. */
const runsOfHalf = 12;
const environment = { PATH: '/usr/bin:/bin', HOME: '/tmp', LANG: 'C.UTF-8' };
const ways = { spawn: [], execa: ['--import', join(root, 'bench/peers/execa-launcher.mjs')] };

/** Compares the cost of a run of `true` in a launcher that uses execa with one that uses Node's spawn (docs/adr/0012). */
export default async function spawn(_world, report) {
  const runFolder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const launchers = {};
  try {
    for (const [name, options] of Object.entries(ways))
      launchers[name] = await Launcher.start(async () => {
        const child = spawnLauncher({ runFolder }, launcherEntry, { options });
        return { pid: child.pid, socket: child.socket };
      });
    for (const launcher of Object.values(launchers)) await half(launcher, 4);
    for (const atOnce of [1, 4]) tell(report, atOnce, await measure(launchers, atOnce));
    await compareMemory(report, launchers);
  } finally {
    for (const launcher of Object.values(launchers)) await launcher.close();
    rmSync(runFolder, { recursive: true, force: true });
  }
}

async function measure(launchers, atOnce) {
  const results = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    // the order alternates, since the host may be in another state for the second one
    const names = pair % 2 === 0 ? Object.keys(ways) : Object.keys(ways).toReversed();
    const both = {};
    for (const name of names) both[name] = await half(launchers[name], atOnce);
    results.push(both);
  }
  return results;
}

let serial = 0;

/** Returns the milliseconds per run. @param atOnce the number of concurrent runs */
async function half(launcher, atOnce) {
  const before = processorMs(launcher.pid);
  const begun = performance.now();
  for (let done = 0; done < runsOfHalf; done += atOnce)
    await Promise.all(Array.from({ length: atOnce }, () => run(launcher)));
  const whole = (performance.now() - begun) / runsOfHalf;
  return { whole, processor: (processorMs(launcher.pid) - before) / runsOfHalf };
}

async function run(launcher) {
  const running = await begin(launcher, 'true');
  await running.finished;
}

async function begin(launcher, command) {
  serial += 1;
  const executionId = `bench-${process.pid}-${serial}`;
  const running = await launcher.launch({ executionId, command, workspace: '/tmp', environment });
  running.stdout.resume();
  running.stderr.resume();
  return running;
}

const heldRuns = 50;

async function compareMemory(report, launchers) {
  const figures = {};
  for (const [name, launcher] of Object.entries(launchers)) {
    const idle = privateMB(launcher.pid);
    const held = await Promise.all(
      Array.from({ length: heldRuns }, () => begin(launcher, 'exec sleep 1000')),
    );
    figures[name] = { idle, held: privateMB(launcher.pid) };
    await Promise.all(held.map((running) => running.terminate(0)));
  }
  for (const [kind, what] of Object.entries({ idle: 'idle', held: `with ${heldRuns} runs` }))
    report.note(
      `launcher by execa: private memory, ${what}`,
      figures.execa[kind],
      'MB',
      `${shown(figures.spawn[kind])} MB by spawn`,
    );
}

const privateMB = (pid) =>
  Number(/^Private_Dirty: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;

/** Returns the processor time of all threads of a process (proc(5), schedstat). */
function processorMs(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spent = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
  );
  return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e6;
}

function tell(report, atOnce, both) {
  const kinds = { whole: 'from the order to the end', processor: 'processor time of the launcher' };
  for (const [kind, what] of Object.entries(kinds)) {
    const of = (name) => median(both.map((pair) => pair[name][kind]));
    const shares = both.map((pair) => pair.execa[kind] / pair.spawn[kind]);
    const spread = `${shown(percentile(shares, 25))} to ${shown(percentile(shares, 75))}`;
    const remark = `${shown(of('spawn'))} ms by spawn; ${shown(median(shares))} × of a pair, ${spread} for half of them`;
    report.note(`launcher by execa, ${atOnce} at once: ${what}`, of('execa'), 'ms/run', remark);
  }
}
