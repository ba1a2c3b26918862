import { chmodSync, chownSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, inject } from 'vitest';
import type { Launcher } from '../../../src/executor/process/launcher.js';
import type { LaunchRequest, ProcessEnd, RunningProcess } from '../../../src/launcher/launch-types.js';
import type { LauncherPolicy } from '../../../src/launcher/policy.js';
import type { spawnLauncher } from '../../../src/launcher/spawn-launcher.js';
import { Isolation } from '../../../src/executor/isolation.js';
import { createLogger } from '../../../src/common/logger.js';
import { readConfig } from '../../../src/common/config.js';
import { compiledRoom } from './compile.js';

export const room = compiledRoom();
export const fixtures = new URL('./fixtures/', import.meta.url).pathname;
export const asRoot = process.getuid?.() === 0;
const nobody = { uid: 65534, gid: 65534 };

/** The folders of pipes of this file's launchers. */
export const runFolder = mkdtempSync(join(asRoot ? '/run' : tmpdir(), 'millrace-test-'));
// as a supervisor makes it: other users pass through to the scripts of their commands
if (asRoot) chmodSync(runFolder, 0o711);
afterAll(() => rmSync(runFolder, { recursive: true, force: true }));

interface SpawnLauncher {
  spawnLauncher: typeof spawnLauncher;
  launcherEntry: string;
}

/** Starts a launcher of this process. Without `users`, it runs commands as whoever the request names. */
export async function startLauncher(
  policy: Partial<LauncherPolicy> = {},
  options: Parameters<typeof spawnLauncher>[2] = {},
): Promise<Launcher> {
  const { Launcher: Room } = (await import(new URL('launcher.js', room).href)) as {
    Launcher: typeof Launcher;
  };
  const source = (await import(new URL('../../launcher/spawn-launcher.js', room).href)) as SpawnLauncher;
  return Room.start(async () => {
    const child = source.spawnLauncher({ runFolder, ...policy }, source.launcherEntry, options);
    return { pid: child.pid ?? 0, socket: child.socket };
  });
}

const workspaces: string[] = [];
afterAll(() => workspaces.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Users and namespaces as which commands run here. */
export const manners: Partial<LaunchRequest>[] = [
  ...(asRoot ? [{}, { user: nobody }] : [{}]),
  ...(inject('namespaces') ? [{ ...(asRoot ? { user: nobody } : {}), ...(await isolated()) }] : []),
];

/** What makes a run an isolated one, in a folder of its own. */
export async function isolated(
  network = true,
  secretFiles: string[] = [],
  shown = secretFiles.map((file) => dirname(file)),
): Promise<Pick<LaunchRequest, 'workspace' | 'bubblewrap'>> {
  const workspace = mkdtempSync('/tmp/millrace-workspace-');
  workspaces.push(workspace);
  if (asRoot) chownSync(workspace, nobody.uid, nobody.gid);
  const folders = [fixtures, ...shown];
  const config = {
    ...readConfig({ EXECUTOR_ISOLATION: 'bubblewrap', EXECUTOR_READABLE_PATHS: folders.join(',') }),
    secretFiles,
  };
  const works = { tryIsolation: async () => undefined };
  const isolation = await Isolation.start(config, works, workspace, createLogger('silent', 'all'));
  return { workspace, bubblewrap: isolation!.options(workspace, network) };
}

/** What a manner is called in the name of a test. */
export const named = ({ user, bubblewrap }: Partial<LaunchRequest>): string =>
  `${bubblewrap ? 'isolated, ' : ''}user ${user?.uid ?? process.getuid?.()}`;

let count = 0;
export function request(command: string, more: Partial<LaunchRequest> = {}): LaunchRequest {
  return {
    executionId: `test-${process.pid}-${++count}`,
    command,
    workspace: '/tmp',
    environment: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', FIXTURES: fixtures },
    ...more,
  };
}

export async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Runs a command to its end. */
export async function run(
  launcher: Launcher,
  command: string,
  more: Partial<LaunchRequest> = {},
): Promise<ProcessEnd & { stdout: string; stderr: string }> {
  const running = await launcher.launch(request(command, more));
  const [stdout, stderr, end] = await Promise.all([
    text(running.stdout),
    text(running.stderr),
    running.finished,
  ]);
  return { ...end, stdout, stderr };
}

/** Resolves when the output holds `wanted`; goes on reading, so that the pipe never fills. */
export async function printed(running: RunningProcess, wanted: string | RegExp): Promise<string> {
  running.stderr.resume();
  let seen = '';
  return new Promise((resolve, reject) => {
    running.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (typeof wanted === 'string' ? seen.includes(wanted) : wanted.test(seen)) resolve(seen);
    });
    running.stdout.once('close', () => reject(new Error(`never printed ${wanted}: ${seen}`)));
  });
}

/** Living processes (zombies are none) that `/proc/PID/limits` or `environ` shows to come from this launcher. */
export function survivors(launcherPid: number): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        if (/\) [ZX] /.test(stat)) return [];
        const locks = /Max file locks +(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1];
        const marked = locks !== undefined && ((BigInt(locks) >> 32n) & 0x3f_ffffn) === BigInt(launcherPid);
        const named = readFileSync(`/proc/${pid}/environ`, 'latin1').includes(
          `MILLRACE_LAUNCHER=${launcherPid}.`,
        );
        if (!marked && !named) return [];
        return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ') }];
      } catch {
        return [];
      }
    });
}

export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Waits for a condition that nothing announces. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
