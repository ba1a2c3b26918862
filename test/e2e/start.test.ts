import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { secretVariables } from '../../src/common/environment.js';
import { startApp } from '../support/app.js';
import { root } from '../support/build.js';
import { TestDatabase } from '../support/database.js';
import { descendants, isAlive } from '../support/process-table.js';
import { freePort } from '../support/free-port.js';
import { mode } from '../support/mode.js';
import { ServerProcess, type Role } from '../support/server-process.js';
import { until } from '../support/until.js';
import { makeProject, outputOf, runJob } from './steps.js';

const { PATH } = process.env;
let copy: string;
let startScript: string;

// dist without sources, as in an image, so that a source that is edited meanwhile starts no build
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'millrace-copy-'));
  startScript = join(copy, 'scripts/start.sh');
  await cp(join(root, 'scripts'), join(copy, 'scripts'), { recursive: true });
  for (const path of ['dist', 'node_modules', 'package.json'])
    await symlink(join(root, path), join(copy, path));
});
afterAll(() => rm(copy, { recursive: true }));

/** Runs the product until it ends by itself. */
async function runToEnd(
  env: Record<string, string>,
  command?: string[],
  role = 'all',
): Promise<ServerProcess> {
  const server = new ServerProcess(role as Role, 0, { PATH, ...env }, command);
  server.start();
  await server.exited(60_000);
  return server;
}

/** Sends a signal to npm, and waits for its end and that of everything below it. */
async function endByNpm(npm: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  const below = await descendants(npm.supervisorPid);
  process.kill(npm.supervisorPid, signal);
  const exit = await npm.exited(60_000);
  if (signal === 'SIGTERM' || signal === 'SIGINT')
    expect([signal, exit]).toEqual([signal, { code: 0, signal: null }]);
  expect(below.length).toBeGreaterThan(0);
  await until(
    async () => (await Promise.all(below.map(({ pid }) => isAlive(pid)))).every((alive) => !alive),
    { timeout: 60_000, what: `the end of everything below npm after ${signal}` },
  );
}

test('every process gets the secrets without showing them, drains on SIGTERM and exits with 0', async () => {
  const password = `p"a'$HOME\`id\` \\n $(id) \\ ; # % é = \t end `;
  const app = await startApp({
    command: [startScript],
    env: { ADMIN_PASSWORD: password, JWT_SECRET: 'secret '.repeat(8) },
  });
  for (const { pid, supervisorPid, role } of app.processes) {
    for (const process of new Set([pid, supervisorPid])) {
      const [commandLine = '', environment] = await Promise.all(
        ['cmdline', 'environ'].map((file) => readFile(`/proc/${process}/${file}`, 'utf8')),
      );
      expect(commandLine.split('\0').slice(-3)).toEqual([
        expect.stringMatching(/\/dist\/bundle\/main\.js$/),
        role,
        '',
      ]);
      expect(environment).toContain(`DATA_DIR=${app.dataDir}`);
      for (const name of secretVariables) expect(environment).not.toContain(`${name}=`);
      for (const secret of [password, 'secret secret', 'postgres://', 'redis://'])
        expect(environment).not.toContain(secret);
    }
  }
  // signing in proved that the password came through as it was
  expect(app.admin.credentials?.password).toBe(password);

  const exits = app.processes.map(async (server) => {
    await server.signal('SIGTERM');
    return server.stop();
  });
  for (const exit of await Promise.all(exits)) expect(exit).toEqual({ code: 0, signal: null });
  await app.stop();
});

if (mode === 'single') {
  test('a signal to npm stops everything, and a later start waits for a Postgres that takes no connections yet', async () => {
    const app = await startApp({
      command: ['npm', '--silent', '--prefix', copy, 'start'],
      env: { ADMIN_PASSWORD: undefined, http_proxy: 'http://proxy.example.org:3128' },
    });
    expect(app.apis[0]?.stdout).toContain(`password: ${app.admin.credentials?.password}`);
    // the variables that npm adds for its scripts must not reach commands
    const project = await makeProject(app.admin);
    const job = 'command -v tsc; echo "$PATH $http_proxy"; no-such-program';
    const { execution_id } = await runJob(app.admin, project, job, 'failed');
    const output = await outputOf(app, execution_id);
    expect(output).toMatch(/^\S*\/bin\S* http:\/\/proxy\.example\.org:3128\n.*no-such-program: not found\n$/);
    expect(output).not.toContain('node_modules');
    await endByNpm(app.processes.pop()!, 'SIGTERM');

    const url = new URL(app.databaseUrl);
    const postgres = Number(url.port);
    const closed = await freePort();
    url.port = String(closed);
    app.env['DATABASE_URL'] = url.href;
    const proxy = createServer((socket) => {
      const inside = connect(postgres, '127.0.0.1');
      for (const [from, to] of [
        [socket, inside],
        [inside, socket],
      ] as const)
        from.on('error', () => to.destroy()).pipe(to);
    });
    try {
      const ready = app.add('all');
      const server = await until(() => app.processes[0]);
      await until(() => server.stderr.includes('waiting for it'), { timeout: 60_000 });
      proxy.listen(closed, '127.0.0.1');
      await ready;
      expect(server.stdout).toContain('http://localhost:');
      expect(server.stdout).not.toContain('password');
      await endByNpm(server, 'SIGINT');
      for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
        server.start();
        await app.ready(server);
        await endByNpm(server, signal);
      }
    } finally {
      await app.stop();
      proxy.close();
    }
  }, 300_000);

  test('a signal ends a start that waits for a dependency', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'millrace-start-'));
    let callers = 0;
    const silent = createServer(() => (callers += 1));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const server = new ServerProcess('all', 0, {
      PATH,
      DATA_DIR: dataDir,
      DATABASE_URL: `postgres://nobody:secret@127.0.0.1:${port}/none`,
    });
    try {
      server.start();
      await until(() => callers > 0, { timeout: 30_000, what: 'the first connection' });
      expect(await server.stop()).toEqual({ code: 1, signal: null });
      expect(server.stderr).toContain('the start did not end in time after a signal');
      expect(server.stderr).not.toContain('secret');
    } finally {
      await server.stop('SIGKILL');
      silent.close();
      await rm(dataDir, { recursive: true });
    }
  });

  test('a secret with a line break is refused with its name', async () => {
    const { exit, stderr } = await runToEnd({ ADMIN_PASSWORD: 'first line\nsecond line' }, [startScript]);
    expect(exit?.code).toBe(1);
    expect(stderr).toBe('start.sh: ADMIN_PASSWORD must not contain a line break\n');
  });

  test('an unknown role is refused', async () => {
    expect((await runToEnd({}, [startScript], 'both')).exit?.code).toBe(2);
    const { exit, stderr } = await runToEnd({}, undefined, 'both');
    expect(exit?.code).toBe(1);
    expect(stderr).toContain('all, api or worker');
  });

  test('an invalid configuration is refused with each invalid setting by name and no value', async () => {
    const bad = {
      PORT: 'port-value',
      DATABASE_URL: 'mysql://database-value',
      REDIS_URL: 'redis-value',
      JWT_SECRET: 'jwt-value',
      ADMIN_PASSWORD: 'pw-valu',
      ADMIN_EMAIL: 'email-value',
      LOG_LEVEL: 'level-value',
      LEASE_SECONDS: 'lease-value',
      RATE_LIMIT_ENABLED: 'rate-value',
    };
    for (const command of [undefined, [startScript]]) {
      const { exit, stderr, stdout } = await runToEnd(bad, command);
      expect(exit?.code).toBe(1);
      for (const name of Object.keys(bad)) expect(stderr).toContain(`${name}: `);
      for (const value of Object.values(bad)) expect(stderr + stdout).not.toContain(value);
    }
  });

  test('a folder that must be hidden from commands is refused', async () => {
    const { exit, stderr } = await runToEnd({ EXECUTOR_READABLE_PATHS: '/usr/share,/proc/1' });
    expect(exit?.code).toBe(1);
    expect(stderr).toContain('EXECUTOR_READABLE_PATHS: must not contain /proc or what is in it');
  });

  test('a common password for the first administrator is refused, and not printed', async () => {
    const database = await TestDatabase.create(inject('postgresUrl'));
    const dataDir = await mkdtemp(join(tmpdir(), 'millrace-start-'));
    const env = { DATABASE_URL: database.url, DATA_DIR: dataDir, ADMIN_PASSWORD: 'Trustno1!' };
    const { exit, stderr, stdout } = await runToEnd(env);
    expect(exit?.code).toBe(1);
    expect(stderr).toContain('ADMIN_PASSWORD: is one of the most common passwords');
    expect(stderr + stdout).not.toMatch(/trustno1/i);
    await rm(dataDir, { recursive: true });
    await database.drop();
  });

  // nobody else can close a folder to the user that the server gets
  test('without settings the server runs a Postgres of its own, keeps its data, and stops it at the end', async () => {
    const isRoot = process.getuid?.() === 0;
    const above = await mkdtemp(isRoot ? '/root/millrace-test-' : join(tmpdir(), 'millrace-test-'));
    const closed = join(above, 'clone');
    try {
      for (const path of ['dist/bundle', 'openapi', 'package.json', 'scripts/start.sh'])
        await cp(join(root, path), join(closed, path), { recursive: true });
      await symlink(join(root, 'node_modules'), join(closed, 'node_modules'));
      const command = [join(closed, 'scripts/start.sh')];
      const env = { DATA_DIR: join(closed, 'data') };
      const app = await startApp({ command, env, embeddedPostgres: true });
      if (isRoot) {
        const status = await readFile(`/proc/${app.apis[0]?.pid}/status`, 'latin1');
        expect(status).toMatch(/^Uid:\t[1-9]/m);
      }
      const project = await makeProject(app.admin);
      const { execution_id } = await runJob(app.admin, project, 'echo from below');
      expect(await outputOf(app, execution_id)).toBe('from below\n');
      expect((await fetch(`${app.url}/docs/swagger-ui-bundle.js`)).status).toBe(200);

      const created = await app.admin.createUser('viewer');
      await app.restart(app.apis[0]!, 'SIGKILL');
      expect((await created.as(created.credentials!)).user).toEqual({
        ...created.user,
        last_login: expect.any(String),
      });
      await app.restart(app.apis[0]!);
      // what is left of Postgres would fail this
      await app.stop();

      if (!isRoot) return;
      await chmod(closed, 0o700);
      const refused = await runToEnd(env, command);
      expect(refused.exit?.code).toBe(1);
      expect(refused.stderr).toContain(`cannot read ${closed}`);
    } finally {
      await rm(above, { recursive: true });
    }
  }, 300_000);

  test('the server starts with the code of the last build', async () => {
    const usesCode = (folder: string) => {
      const ask = `import('${folder}/serve.js').then(({ script }) => (console.log(script.cachedDataRejected), process.exit()))`;
      return execFileSync(process.execPath, ['--eval', ask], { encoding: 'utf8' }).trim();
    };
    const other = join(copy, 'installed/dist/bundle');
    await cp(join(root, 'dist/bundle'), other, { recursive: true });
    for (const path of ['node_modules', 'package.json', 'openapi'])
      await symlink(join(root, path), join(copy, 'installed', path));
    expect(usesCode(other)).toBe('false');
    // neither damaged code nor that of another text is used, which V8 would
    const code = await readFile(`${other}/server.cjs.code`);
    const damaged = Buffer.from(code);
    damaged[code.length >> 1]! ^= 1;
    await writeFile(`${other}/server.cjs.code`, damaged);
    expect(usesCode(other)).toBe('undefined');
    await writeFile(`${other}/server.cjs.code`, code);
    const text = await readFile(`${other}/server.cjs`, 'latin1');
    await writeFile(`${other}/server.cjs`, text.replace('does not exist', 'is not here...'));
    expect(usesCode(other)).toBe('undefined');
  });

  test('a checkout that is not built is built first, and again after a source has changed', async () => {
    const unbuilt = join(copy, 'unbuilt');
    await mkdir(join(unbuilt, 'src'), { recursive: true });
    await symlink(join(root, 'node_modules'), join(unbuilt, 'node_modules'));
    for (const path of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts']) {
      await cp(join(root, path), join(unbuilt, path), { recursive: true });
    }
    const script = [join(unbuilt, 'scripts/start.sh')];
    const source = join(unbuilt, 'src/main.ts');
    await writeFile(source, `process.stdout.write('built for ' + process.argv[2] + '\\n');`);
    // the other entries of the bundle, which the script names
    const bundle = await readFile(join(unbuilt, 'scripts/bundle.mjs'), 'utf8');
    const entries = [...bundle.matchAll(/join\(dist, '(.+)\.js'\)/g)]
      .map(([, name]) => `${name}.ts`)
      .filter((name) => name !== 'main.ts');
    for (const entry of entries) {
      await mkdir(dirname(join(unbuilt, 'src', entry)), { recursive: true });
      await writeFile(join(unbuilt, 'src', entry), 'export {};');
    }
    const first = await runToEnd({}, script, 'worker');
    expect([first.stdout, first.exit?.code, first.stderr]).toEqual([
      'built for worker\n',
      0,
      'Building Millrace\n',
    ]);
    expect((await runToEnd({}, script)).stderr).toBe('');

    await writeFile(source, `process.stdout.write('changed\\n');`);
    expect((await runToEnd({}, script)).stdout).toBe('changed\n');

    await writeFile(source, 'const wrong: number = true;');
    const broken = await runToEnd({}, script);
    expect(broken.exit?.code).not.toBe(0);
  });
}
