import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { environmentValue } from '../../../src/launcher/processes/proc.js';
import { ProcessTable, Undecided, type Marks } from '../../../src/launcher/processes/process-table.js';
import { Slices } from '../../../src/launcher/processes/slices.js';
import { endProcess } from '../../support/process-table.js';

const groups: number[] = [];
const isThere = (group: number): boolean => {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
};
afterEach(() => {
  for (const group of groups.splice(0)) endProcess(-group);
});

/** Starts the leader of a group, which is killed at the end, and waits for its first output. */
async function start(program: string, ...args: string[]): Promise<number> {
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], OWNER: `test-${process.pid}` },
  });
  groups.push(child.pid!);
  await once(child.stdout, 'data');
  return child.pid!;
}

const byEnvironment = ({ environment }: Marks): string | undefined =>
  environmentValue(environment(), 'OWNER') === `test-${process.pid}` ? 'owner' : undefined;

/** Looks once for the processes of an owner. */
async function look(table: ProcessTable<string>, owner: string) {
  const groupsFound = new Set<number>();
  const missed = await table.scan({
    isWanted: (other) => other === owner,
    visit: (_owner, { group }) => groupsFound.add(group),
    slices: new Slices(),
  });
  return { groups: [...groupsFound], isComplete: !missed.has(owner) };
}

test('the owner of a process is determined once, even if only its parent identifies it', async () => {
  const shell = await start('/bin/sh', '-c', '(sleep 100 & wait) & echo; wait');
  const asked: number[] = [];
  const table = new ProcessTable<string>((_marks, { pid, group }) => {
    if (group !== shell) return undefined;
    asked.push(pid);
    return new Undecided(['owner']);
  }, false);
  table.addChild(shell, 'owner');
  for (let looks = 0; looks < 5; looks++) expect((await look(table, 'owner')).groups).toEqual([shell]);
  expect(asked).toEqual([...new Set(asked)]);
});

test('a scan finds the processes of its owner and no others', async () => {
  const [one, other] = [
    await start('/bin/sh', '-c', 'sleep 100 & echo; wait'),
    await start('/bin/sh', '-c', 'sleep 100 & echo; wait'),
  ];
  const table = new ProcessTable<string>(() => undefined, false);
  table.addChild(one, 'one');
  table.addChild(other, 'other');
  for (let looks = 0; looks < 3; looks++) {
    expect((await look(table, 'one')).groups).toEqual([one]);
    expect((await look(table, 'other')).groups).toEqual([other]);
  }
});

test('a process of unknown owner makes a scan incomplete for its possible owners', async () => {
  const shell = await start('/bin/sh', '-c', 'echo; sleep 100');
  const table = new ProcessTable<string>(
    (_marks, { group }) => (group === shell ? new Undecided(['owner']) : undefined),
    false,
  );
  const complete = { owner: 0, other: 0 };
  for (let looks = 0; looks < 20; looks++)
    for (const owner of ['owner', 'other'] as const)
      if ((await look(table, owner)).isComplete) complete[owner]++;
  expect(complete.owner).toBe(0);
  expect(complete.other).toBeGreaterThan(0);
});

test('a scan is complete although other processes start and end', async () => {
  for (let loops = 0; loops < 3; loops++) await start('/bin/sh', '-c', 'echo; while :; do /bin/true; done');
  const table = new ProcessTable<string>(() => undefined, false);
  let complete = 0;
  for (let looks = 0; looks < 100; looks++) if ((await look(table, 'owner')).isComplete) complete++;
  expect(complete).toBeGreaterThan(90);
});

test('a scan during which process ids may have been reused is incomplete', async () => {
  const shell = await start('/bin/sh', '-c', 'echo; sleep 100');
  let time = 0;
  const table = new ProcessTable<string>(byEnvironment, false, () => time);
  /** Tells how many of some looks that take this time are complete: processes of others may make any of them incomplete. */
  const complete = async (took: number): Promise<number> => {
    let count = 0;
    for (let looks = 0; looks < 10; looks++) {
      const missed = await table.scan({
        isWanted: () => true,
        visit: (_owner, { pid }) => {
          if (pid === shell) time += took;
        },
        slices: new Slices(),
      });
      if (!missed.has('owner')) count++;
    }
    return count;
  };
  expect(await complete(table.trustedMs - 1)).toBeGreaterThan(0);
  expect(await complete(table.trustedMs + 1)).toBe(0);
});

test('processes that live shorter than a scan are found, or the scan is reported as incomplete', async () => {
  const chain = '$| = 1; print "\n"; for (1 .. 3) { next if fork; for (1 .. 30_000) { exit if fork } exit }';
  const group = await start('perl', '-e', chain);
  const table = new ProcessTable<string>(byEnvironment, false);
  for (let looks = 0; looks < 100 && isThere(group); looks++) {
    const { groups: found, isComplete } = await look(table, 'owner');
    if (found.length === 0 && isComplete) expect(isThere(group)).toBe(false);
  }
});
