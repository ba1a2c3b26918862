import { lastProcessId, listProcesses, readStat, readUser } from '../../../src/launcher/processes/proc.js';
import { encodeMark } from '../../../src/launcher/processes/run-mark.js';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  watch,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FifoPool } from '../../../src/launcher/fifo-pool.js';
import type { LaunchOrder } from '../../../src/launcher/messages.js';
import { checkOrder } from '../../../src/launcher/check-order.js';
import { assertTrusted, type CommandUsers } from '../../../src/launcher/policy.js';
import { ownIdentity } from '../../../src/launcher/processes/identity.js';
import { commandUserIds, refuseTakenIds } from '../../../src/supervisor/command-user-ids.js';
import { takeOver } from '../../../src/supervisor/take-over.js';
import type { Launcher } from '../../../src/executor/process/launcher.js';
import { endProcess } from '../../support/process-table.js';
import { asRoot, fixtures, isAlive, printed, request, run, startLauncher } from './harness.js';

const id = '01890000-0000-7000-8000-000000000001';
const first = 1_900_000_000;
const namedUser = 60_123;

/** The process of root with the lowest id but the first: a mark is a limit, which can only be lowered, and begins with the process id. */
const firstOfRoot = () => listProcesses().find((pid) => pid > 1 && readUser(pid) === 0)!;

describe('a launch request', () => {
  const users: CommandUsers = { first, count: 10, workspaceRoot: '/srv/spaces', maxProcesses: 100 };
  const order: LaunchOrder = {
    ...request('true'),
    type: 'launch',
    run: 1,
    stdout: 1,
    stderr: 2,
    workspace: `/srv/spaces/projects/${id}`,
    user: { uid: first + 9, gid: first + 9 },
  };
  const bubblewrap = ['--unshare-user', '--unshare-pid', '--die-with-parent', '--new-session', '--clearenv'];
  const check = (change: Partial<LaunchOrder>) => () => checkOrder({ ...order, ...change }, users);

  test('for a user and a workspace of commands is accepted', () => {
    expect(check({})).not.toThrow();
    expect(check({ workspace: `/srv/spaces/users/${id}`, bubblewrap })).not.toThrow();
  });

  test.each<[string, Partial<LaunchOrder>]>([
    ['root', { user: { uid: 0, gid: 0 } }],
    ['the group of root', { user: { uid: first, gid: 0 } }],
    ['no user', { user: undefined }],
    ['the user before the first', { user: { uid: first - 1, gid: first - 1 } }],
    ['the user after the last', { user: { uid: first + 10, gid: first + 10 } }],
    ['a user id that is not an integer', { user: { uid: first + 0.5, gid: first + 0.5 } }],
    ['a user id as a string', { user: { uid: `${first}` as never, gid: `${first}` as never } }],
    ['a command that is not a string', { command: ['true'] as never }],
    ['a NUL in a variable', { environment: { A: 'a\0b' } }],
    ['a limit that is a command', { limits: { openFiles: '64; id' as never } }],
    ['a workspace outside of its root', { workspace: `/etc/${id}` }],
    ['a workspace of another kind', { workspace: `/srv/spaces/others/${id}` }],
    ['a workspace path with ..', { workspace: `/srv/spaces/projects/../../${id}` }],
    ['the parent of the workspaces', { workspace: '/srv/spaces/projects' }],
    ['incomplete isolation options', { bubblewrap: bubblewrap.slice(1) }],
  ])('for %s is refused', (_name, change) => {
    expect(check(change)).toThrow(expect.objectContaining({ code: 'NOT_ALLOWED' }));
  });
});

describe('the user ids of commands', () => {
  test('are a range of a million, unique for each installation', () => {
    expect(commandUserIds(undefined, '00ff')).toEqual({ first: 0x7000_0000, count: 0x10_0000 });
    expect(commandUserIds(undefined, 'ff00')).toEqual({ first: 0x7ff0_0000, count: 0x10_0000 });
    expect(commandUserIds('100000-199999', '00')).toEqual({ first: 100_000, count: 100_000 });
  });

  test.each(['0-10', '999-2000', '5000-4000', '1000', 'a-b', '1000-4294967295'])(
    'cannot be %s',
    (setting) => {
      expect(() => commandUserIds(setting, '00')).toThrow('COMMAND_UIDS');
    },
  );
});

test('must not belong to other users', () => {
  const range = { first: 100_000, count: 1_000 };
  const refused = (passwd: string, subuid: string) => () => refuseTakenIds(range, passwd, subuid);
  expect(
    refused('root:x:0:0::/root:/bin/sh\na:x:99999:1::/:\nb:x:101000:1::/:', 'a:90000:10000\nb:101000:5'),
  ).not.toThrow();
  expect(refused('root:x:0:0::/root:/bin/sh\nada:x:100999:1::/:', '')).toThrow('the user ada, 100999');
  expect(refused('', 'ada:65536:65536')).toThrow('/etc/subuid gives ada, 65536-131071');
});

// only root may hand files over
describe.runIf(asRoot)('as root', () => {
  let base: string;
  beforeAll(() => {
    base = mkdtempSync('/run/millrace-test-');
    chmodSync(base, 0o755);
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  test('a folder that another user could exchange or write to is not trusted', () => {
    const folder = join(base, 'a/b');
    mkdirSync(folder, { recursive: true });
    expect(() => assertTrusted(folder, 0)).not.toThrow();
    symlinkSync(folder, join(base, 'link'));
    expect(() => assertTrusted(join(base, 'link'), 0)).toThrow('symbolic link');
    chmodSync(folder, 0o777);
    expect(() => assertTrusted(folder, 0)).toThrow(`${folder} can be written to by others`);
    chmodSync(folder, 0o1777);
    expect(() => assertTrusted(folder, 0)).toThrow(`${folder} can be written to by others`);
    chmodSync(folder, 0o755);
    chmodSync(join(base, 'a'), 0o777);
    expect(() => assertTrusted(folder, 0)).toThrow(`${join(base, 'a')} can be written to by others`);
    chmodSync(join(base, 'a'), 0o755);
    chownSync(join(base, 'a'), namedUser, namedUser);
    expect(() => assertTrusted(folder, 0)).toThrow(`${join(base, 'a')} belongs to another user`);
  });

  test('the files of a dead launcher are removed, and files that cannot be removed cause no error', async () => {
    const runFolder = join(base, 'run');
    mkdirSync(runFolder);
    const self = ownIdentity();
    const stale = (name: string) => join(runFolder, `launcher-4000000.1.${self.pidNamespace}-${name}`);
    for (const name of ['plain', 'odd']) mkdirSync(stale(name));
    writeFileSync(join(stale('plain'), '1'), '');
    mkdirSync(join(stale('odd'), 'no FIFO'));
    symlinkSync('/etc', stale('link'));
    symlinkSync(stale('loop'), stale('loop'));
    const before = readdirSync('/etc').length;
    const pool = new FifoPool({ runFolder }, self, true);
    expect(await pool.make()).toHaveLength(256);
    pool.removeStale();
    expect(readdirSync('/etc')).toHaveLength(before);
    expect(
      readdirSync(runFolder)
        .filter((name) => name.includes('-4000000.'))
        .map((name) => name.split('-').at(-1))
        .toSorted(),
    ).toEqual(['link', 'loop', 'odd']);
    expect(() => pool.openWriteEnd(7_000)).toThrow('no FIFO');
    pool.remove();
  });

  const identityOf = (pid: number) => ({
    pid,
    startTime: readStat(pid)!.startTime,
    pidNamespace: ownIdentity().pidNamespace,
  });

  describe('a launcher with a separate user for each project', () => {
    let launcher: Launcher | undefined;
    afterEach(() => launcher?.close());

    test('creates workspaces, and transfers an old one by a copy that is owned by the new user', async () => {
      const workspaceRoot = join(base, 'workspaces');
      mkdirSync(join(workspaceRoot, 'projects'), { recursive: true, mode: 0o711 });
      const users = { first, count: 10, workspaceRoot, maxProcesses: 500 };
      launcher = await startLauncher({ users });
      const workspace = join(workspaceRoot, 'projects', id);
      const as = (offset: number) => ({ workspace, user: { uid: first + offset, gid: first + offset } });
      const look = 'id -u; stat -c "%u %a" .; umask; cat kept 2>/dev/null; readlink way';

      expect((await run(launcher, look, as(1))).stdout).toBe(`${first + 1}\n${first + 1} 700\n0027\n`);
      await expect(run(launcher, look, as(2))).rejects.toMatchObject({ code: 'NOT_ALLOWED' });

      rmSync(workspace, { recursive: true });
      mkdirSync(join(workspace, 'deep'), { recursive: true, mode: 0o700 });
      for (const name of ['kept', 'deep/file']) writeFileSync(join(workspace, name), `of ${name}\n`);
      symlinkSync('/etc/passwd', join(workspace, 'way'));
      execFileSync('truncate', ['-s', '64M', join(workspace, 'sparse')]);
      execFileSync('chown', ['-R', '-h', `${namedUser}:${namedUser}`, workspace]);
      const owner = lstatSync('/etc/passwd').uid;
      const ends = await Promise.all([run(launcher, look, as(2)), run(launcher, 'cat deep/file', as(2))]);
      expect(ends[0].stdout).toBe(`${first + 2}\n${first + 2} 700\n0027\nof kept\n/etc/passwd\n`);
      expect(ends[1].stdout).toBe('of deep/file\n');
      expect(lstatSync(join(workspace, 'deep/file')).uid).toBe(first + 2);
      const { size, blocks } = lstatSync(join(workspace, 'sparse'));
      expect([size, blocks < 100]).toEqual([64 * 1024 * 1024, true]);
      expect(lstatSync('/etc/passwd').uid).toBe(owner);
      expect(readdirSync(join(workspaceRoot, 'projects'))).toEqual([id]);
    });

    test('terminates an execution during the transfer of its workspace, and the next one finds the copy', async () => {
      const workspaceRoot = mkdtempSync(join(base, 'spaces-'));
      chmodSync(workspaceRoot, 0o711);
      mkdirSync(join(workspaceRoot, 'projects'), { mode: 0o711 });
      launcher = await startLauncher({ users: { first, count: 10, workspaceRoot, maxProcesses: 500 } });
      const workspace = join(workspaceRoot, 'projects', id);
      mkdirSync(workspace, { mode: 0o700 });
      // to copy it takes longer than to notice that the copy has begun
      const size = 768 * 1024 * 1024;
      writeFileSync(join(workspace, 'large'), Buffer.alloc(size));
      execFileSync('chown', ['-R', `${namedUser}:${namedUser}`, workspace]);
      const as = { workspace, user: { uid: first + 4, gid: first + 4 } };
      const stop = new AbortController();
      const begun = new Promise<void>((resolve) => {
        const watcher = watch(join(workspaceRoot, 'projects'), (_event, name) => {
          if (name !== `${id}.new`) return;
          watcher.close();
          resolve();
        });
      });
      const launched = launcher.launch(request('echo never', as), stop.signal);
      launched.catch(() => undefined);
      await begun;
      stop.abort(0);
      await expect(launched).rejects.toMatchObject({ code: 'STOPPED' });
      expect(existsSync(`${workspace}.new`)).toBe(true);
      expect((await run(launcher, 'stat -c %s large', as)).stdout).toBe(`${size}\n`);
    });

    test('restarts a transfer that a dead launcher has not finished', async () => {
      const workspaceRoot = mkdtempSync(join(base, 'spaces-'));
      chmodSync(workspaceRoot, 0o711);
      mkdirSync(join(workspaceRoot, 'projects'), { mode: 0o711 });
      launcher = await startLauncher({ users: { first, count: 10, workspaceRoot, maxProcesses: 500 } });
      const workspace = join(workspaceRoot, 'projects', id);
      for (const [path, owner] of [
        [workspace, namedUser],
        [`${workspace}.new`, first + 5],
        [`${workspace}.before`, namedUser],
      ] as const) {
        mkdirSync(path, { mode: 0o700 });
        writeFileSync(join(path, 'whose'), path);
        execFileSync('chown', ['-R', `${owner}:${owner}`, path]);
      }
      const as = { workspace, user: { uid: first + 5, gid: first + 5 } };
      expect((await run(launcher, 'cat whose', as)).stdout).toBe(workspace);
      // what could not be copied at another time is kept
      expect(readdirSync(join(workspaceRoot, 'projects')).toSorted()).toEqual([id, `${id}.before`]);
    });

    test.each([
      ['shed every mark', () => '7'],
      ['forged the mark of a launcher with the pid 1', () => encodeMark(identityOf(1), 77, false)],
      ['forged the mark of another process of root', () => encodeMark(identityOf(firstOfRoot()), 77, false)],
    ])('terminates processes that have %s if their user has no other execution', async (_what, mark) => {
      const workspaceRoot = mkdtempSync(join(base, 'spaces-'));
      chmodSync(workspaceRoot, 0o711);
      mkdirSync(join(workspaceRoot, 'projects'), { recursive: true, mode: 0o711 });
      launcher = await startLauncher({ users: { first, count: 10, workspaceRoot, maxProcesses: 500 } });
      const limits = `--locks=${mark()}:${mark()}`;
      const shed = `env -i setsid prlimit ${limits} sh -c 'exec >/dev/null 2>&1; echo $$ > pid; exec sleep 1000' & until [ -s pid ]; do kill -0 $! || exit; sleep 0.01; done; cat pid`;
      const { stdout, leftBehind } = await run(launcher, shed, {
        workspace: join(workspaceRoot, 'projects', id),
        user: { uid: first + 3, gid: first + 3 },
      });
      expect(leftBehind).toBe(1);
      expect(isAlive(Number(stdout))).toBe(false);
    });

    test('terminates processes with a copied mark of a launcher whose commands have other users', async () => {
      const workspaceRoot = mkdtempSync(join(base, 'spaces-'));
      chmodSync(workspaceRoot, 0o711);
      mkdirSync(join(workspaceRoot, 'projects'), { mode: 0o711 });
      const users = { first, count: 10, workspaceRoot, maxProcesses: 500 };
      // a limit can only be lowered, and a launcher that started earlier has the lower process id
      const stranger = await startLauncher({ users: { ...users, first: first + 10 } });
      const sibling = await startLauncher({ users });
      launcher = await startLauncher({ users });
      const outlives = async ({ pid }: Launcher) => {
        const mark = encodeMark(identityOf(pid), 77, false);
        const copy = `rm -f pid; env -i setsid prlimit --locks=${mark}:${mark} sh -c 'exec >/dev/null 2>&1; echo $$ > pid; exec sleep 1000' & until [ -s pid ]; do kill -0 $! || exit; sleep 0.01; done; cat pid`;
        const { stdout } = await run(launcher!, copy, {
          workspace: join(workspaceRoot, 'projects', id),
          user: { uid: first + 6, gid: first + 6 },
        });
        expect(stdout).toMatch(/^\d+\n$/);
        const isLeft = isAlive(Number(stdout));
        if (isLeft) endProcess(Number(stdout));
        return isLeft;
      };
      try {
        expect(await outlives(stranger)).toBe(false);
        // the mark of a launcher that may use this user id is accepted: it may have started the process itself
        expect(await outlives(sibling)).toBe(true);
      } finally {
        await Promise.all([stranger.close(), sibling.close()]);
      }
    });

    test('terminates chains of short-lived forks after the last execution of their user', async () => {
      const workspaceRoot = mkdtempSync(join(base, 'spaces-'));
      chmodSync(workspaceRoot, 0o711);
      mkdirSync(join(workspaceRoot, 'projects'), { mode: 0o711 });
      launcher = await startLauncher({ users: { first, count: 20, workspaceRoot, maxProcesses: 500 } });
      // of no other test: its zombies count among the processes of their user until the init of this host reaps them
      const own = {
        workspace: join(workspaceRoot, 'projects', id),
        user: { uid: first + 15, gid: first + 15 },
      };
      await run(launcher, `exec perl '${fixtures}fork-chains.pl'`, own);
      // what was forked last would be there for a moment only
      const seen = () => listProcesses().filter((pid) => readUser(pid) === first + 15 && isAlive(pid));
      const last = lastProcessId();
      await run(launcher, 'true', own);
      expect(seen()).toEqual([]);
      expect(lastProcessId() - last).toBeLessThan(200);
    });

    test('terminates processes of a user that a command made children of the launcher, after its last execution', async () => {
      const workspaceRoot = mkdtempSync(join(base, 'spaces-'));
      chmodSync(workspaceRoot, 0o711);
      mkdirSync(join(workspaceRoot, 'projects'), { mode: 0o711 });
      launcher = await startLauncher({ users: { first, count: 20, workspaceRoot, maxProcesses: 500 } });
      const { stdout } = await run(launcher, `exec perl '${fixtures}clone-parent.pl'`, {
        workspace: join(workspaceRoot, 'projects', id),
        user: { uid: first + 16, gid: first + 16 },
      });
      const [pid, parent] = stdout.split(' ').map(Number);
      expect(parent).toBe(launcher.pid);
      expect(isAlive(pid!)).toBe(false);
    });

    const ipcObjects = (creator: number) =>
      ['shm', 'sem', 'msg'].filter((kind) => {
        const [head = '', ...lines] = readFileSync(`/proc/sysvipc/${kind}`, 'latin1').trimEnd().split('\n');
        const column = head.trim().split(/\s+/).indexOf('cuid');
        return lines.some((line) => line.trim().split(/\s+/)[column] === `${creator}`);
      });
    const makeIpcObjects = 'ipcmk -M 4096 >/dev/null; ipcmk -S 1 >/dev/null; ipcmk -Q >/dev/null';

    test('removes the System V IPC objects of a user after the last execution, and keeps those of others', async () => {
      const workspaceRoot = mkdtempSync(join(base, 'spaces-'));
      chmodSync(workspaceRoot, 0o711);
      mkdirSync(join(workspaceRoot, 'projects'), { mode: 0o711 });
      launcher = await startLauncher({ users: { first, count: 10, workspaceRoot, maxProcesses: 500 } });
      const as = (offset: number, project: string) => ({
        workspace: join(workspaceRoot, 'projects', project),
        user: { uid: first + offset, gid: first + offset },
      });
      const neighbour = await launcher.launch(
        request(`${makeIpcObjects}; echo made; sleep 1000`, as(8, id.replace(/1$/, '2'))),
      );
      await printed(neighbour, 'made');
      const earlier = await launcher.launch(request('echo ready; sleep 1000', as(7, id)));
      await printed(earlier, 'ready');

      await run(launcher, makeIpcObjects, as(7, id));
      expect(ipcObjects(first + 7)).toEqual(['shm', 'sem', 'msg']);
      await earlier.terminate(0);
      await earlier.finished;
      expect(ipcObjects(first + 7)).toEqual([]);
      expect(ipcObjects(first + 8)).toEqual(['shm', 'sem', 'msg']);

      await launcher.close();
      expect(ipcObjects(first + 8)).toEqual([]);
    });

    test('keeps the System V IPC objects of a user who has a process of another launcher', async () => {
      const workspaceRoot = mkdtempSync(join(base, 'spaces-'));
      chmodSync(workspaceRoot, 0o711);
      mkdirSync(join(workspaceRoot, 'projects'), { mode: 0o711 });
      const users = { first, count: 10, workspaceRoot, maxProcesses: 500 };
      launcher = await startLauncher({ users });
      const other = await startLauncher({ users });
      const as = {
        workspace: join(workspaceRoot, 'projects', id),
        user: { uid: first + 9, gid: first + 9 },
      };
      try {
        const theirs = await other.launch(request(`${makeIpcObjects}; echo made; sleep 1000`, as));
        await printed(theirs, 'made');
        await run(launcher, 'true', as);
        expect(isAlive(theirs.pid)).toBe(true);
        expect(ipcObjects(first + 9)).toEqual(['shm', 'sem', 'msg']);
      } finally {
        await other.close();
      }
      expect(ipcObjects(first + 9)).toEqual([]);
    });

    test('terminates unmarked processes that were adopted by a subreaper above the launcher', async () => {
      const workspaceRoot = mkdtempSync(join(base, 'spaces-'));
      chmodSync(workspaceRoot, 0o711);
      mkdirSync(join(workspaceRoot, 'projects'), { mode: 0o711 });
      const users = { first, count: 10, workspaceRoot, maxProcesses: 500 };
      launcher = await startLauncher({ users }, { before: ['perl', join(fixtures, 'subreaper.pl')] });
      const shed = `env -i setsid prlimit --locks=7:7 sh -c 'exec >/dev/null 2>&1; sleep 1000 & echo $! > pid'; read -r pid < pid; echo $pid; cut -d ' ' -f 4 /proc/$pid/stat`;
      const { stdout } = await run(launcher, shed, {
        workspace: join(workspaceRoot, 'projects', id),
        user: { uid: first + 2, gid: first + 2 },
      });
      const [pid, parent] = stdout.split('\n').map(Number);
      expect(parent).toBe(launcher.pid);
      expect(isAlive(pid!)).toBe(false);
    });

    test('reads a limited part of an environment, and terminates its process nevertheless', async () => {
      const workspaceRoot = join(base, 'large');
      mkdirSync(join(workspaceRoot, 'projects'), { recursive: true, mode: 0o711 });
      launcher = await startLauncher({ users: { first, count: 10, workspaceRoot, maxProcesses: 500 } });
      const shed = `setsid prlimit --locks=7:7 perl $FIXTURES/large-environment.pl pid >/dev/null & until [ -s pid ]; do sleep 0.01; done; cat pid`;
      const { stdout, leftBehind } = await run(launcher, shed, {
        workspace: join(workspaceRoot, 'projects', id),
        user: { uid: first + 5, gid: first + 5 },
      });
      expect(leftBehind).toBe(1);
      expect(isAlive(Number(stdout))).toBe(false);
      const status = readFileSync(`/proc/${launcher.pid}/status`, 'latin1');
      expect(Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1])).toBeLessThan(256 * 1024);
    });
  });

  test('a command that another launcher has just started and not marked yet is not terminated', async () => {
    const workspaceRoot = join(base, 'shared');
    mkdirSync(join(workspaceRoot, 'projects'), { recursive: true, mode: 0o711 });
    const launcher = await startLauncher({ users: { first, count: 10, workspaceRoot, maxProcesses: 500 } });
    // as such a command is before its shell has set the limit: of the same user, and a child of another process of root
    const user = `--reuid ${first + 4} --regid ${first + 4} --clear-groups`;
    const other = spawn('sh', ['-c', `setpriv ${user} sleep 1000 & echo $!; wait`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(other.stdout, 'data')) as [Buffer];
    const started = Number(line.toString());
    try {
      const end = await run(launcher, '(sleep 1000 &) ; true', {
        workspace: join(workspaceRoot, 'projects', id),
        user: { uid: first + 4, gid: first + 4 },
      });
      expect(end).toMatchObject({ exitCode: 0, leftBehind: 1 });
      expect(isAlive(started)).toBe(true);
    } finally {
      process.kill(started, 'SIGKILL');
      await launcher.close();
    }
  });

  test('a data folder of root is given to the user of the server, and that of another user is kept', async () => {
    const folder = join(base, 'data');
    mkdirSync(join(folder, 'postgres'), { recursive: true });
    for (const name of ['jwt-secret', 'postgres/PG_VERSION']) writeFileSync(join(folder, name), '18');
    chownSync(join(folder, 'postgres'), namedUser, namedUser);
    symlinkSync('/etc/hostname', join(folder, 'link'));
    const outside = lstatSync('/etc/hostname').uid;
    const user = await takeOver(folder, 'millrace');
    expect(user.uid).not.toBe(0);
    for (const name of ['.', 'jwt-secret', 'postgres', 'postgres/PG_VERSION'])
      expect([name, lstatSync(join(folder, name)).uid]).toEqual([name, user.uid]);
    expect(lstatSync('/etc/hostname').uid).toBe(outside);

    chownSync(folder, namedUser, namedUser);
    expect(await takeOver(folder, 'millrace')).toMatchObject({ uid: namedUser, gid: namedUser });
    expect(lstatSync(join(folder, 'jwt-secret')).uid).toBe(user.uid);
    renameSync(folder, `${folder}.done`);
  });
});
