import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { join } from 'node:path';
import { useApp } from '../support/app.js';
import { root } from '../support/build.js';
import { expectStatus, type Client } from '../support/client.js';
import { until } from '../support/until.js';
import {
  data,
  execute,
  holding,
  lastExecution,
  makeJob,
  makeProject,
  nobody,
  outputOf,
  reached,
  refusal,
  runJob,
  type Json,
} from './steps.js';

const main = join(root, 'dist/bundle/main.js');
const asRoot = process.getuid?.() === 0;
const kinds = ['none', ...(inject('namespaces') ? ['bubblewrap'] : [])];
const hash = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

describe.each(kinds)('what a command leaves in its workspace, isolation %s', (isolation) => {
  const secret = 'a secret of the server that nobody may see';
  const app = useApp({
    env: {
      EXECUTOR_ISOLATION: isolation,
      CANCEL_GRACE_SECONDS: '1',
      JWT_SECRET: secret,
      ALLOW_UNISOLATED_SECRETS: 'true',
      OUTPUT_RETENTION_DAYS: '7',
      HOUSEKEEPING_SECONDS: '1',
    },
    command: [process.execPath, main],
  });
  let owner: Client;
  let project: Json;
  beforeAll(async () => {
    owner = await app.admin.createUser('developer');
    project = await makeProject(owner);
  });

  const path = (run: Json) => `/api/executions/${run.execution_id}/artifacts`;
  const show = (run: Json): Promise<Json> => data(200, owner.get(`/api/executions/${run.execution_id}`));
  const list = async (run: Json): Promise<Json[]> => (await data(200, owner.get(path(run)))).artifacts;
  const paths = async (run: Json) => (await list(run)).map((artifact) => artifact.path);
  const bytes = async (run: Json, artifact: Json) =>
    (await expectStatus(200, owner.get(`${path(run)}/${artifact.id}`))).bytes;
  describe('artifacts', () => {
    test('are the files that match and that the run has made or changed', async () => {
      await runJob(
        owner,
        project,
        'mkdir -p dist/sub; echo old > dist/old; echo old > dist/touched; echo x > other',
      );
      const command =
        'echo new > dist/sub/new.txt; echo more >> dist/touched; echo y > other; printf "a\\0b" > dist/binary';
      const run = await runJob(owner, project, command, 'completed', { artifacts: ['dist/**'] });
      expect(run).toMatchObject({ artifacts: ['dist/**'], artifacts_omitted: 0, artifacts_error: null });
      const found = await list(run);
      expect(found.map(({ path, size, sha256 }) => [path, size, sha256])).toEqual([
        ['dist/binary', 3, hash('a\0b')],
        ['dist/sub/new.txt', 4, hash('new\n')],
        ['dist/touched', 9, hash('old\nmore\n')],
      ]);
      expect((await bytes(run, found[0]!)).toString('latin1')).toBe('a\0b');
      const { headers } = await owner.get(`${path(run)}/${found[1]!.id}`);
      expect(headers.get('content-disposition')).toBe('attachment; filename=new.txt');
      expect(headers.get('content-security-policy')).toContain('sandbox');
      const pages = await data(200, owner.get(path(run), { query: { limit: 2 } }));
      const rest = await data(200, owner.get(path(run), { query: { limit: 2, cursor: pages.next_cursor } }));
      expect([...pages.artifacts, ...rest.artifacts]).toEqual(found);
      expect(rest.next_cursor).toBeNull();
    });

    test('are kept of each attempt, also of one that failed or took too long', async () => {
      const fields = { artifacts: ['report.txt'], retry_attempts: 1 };
      const failed = await runJob(owner, project, 'echo "$RANDOM$$" > report.txt; exit 3', 'failed', fields);
      expect(failed.attempt).toBe(2);
      expect(await paths(failed)).toEqual(['report.txt']);
      expect(await paths({ execution_id: failed.retry_of })).toEqual(['report.txt']);
      const slow = await runJob(owner, project, 'echo slow > report.txt; sleep 600', 'failed', {
        artifacts: ['report.txt'],
        timeout: 1,
      });
      expect(slow.reason).toBe('TASK_TIMEOUT');
      expect((await bytes(slow, (await list(slow))[0]!)).toString()).toBe('slow\n');
      const cancelled = await makeJob(owner, project, `echo x > report.txt; ${holding('never')}`, {
        artifacts: ['report.txt'],
      });
      await execute(owner, cancelled);
      await reached(owner, cancelled, 'running');
      await data(200, owner.post(`/api/tasks/${cancelled.id}/cancel`));
      expect(await paths(await lastExecution(owner, cancelled))).toEqual([]);
    });

    test('may have any name in UTF-8, and others are told', async () => {
      const names = [
        'ä ö/日本.txt',
        '-rf',
        '.hidden',
        'a"b',
        "it's",
        '*[x]?',
        'new\nline',
        'a\\b',
        '$(touch pwned)',
      ];
      const quoted = names.map((name) => `'u/${name.replaceAll("'", String.raw`'\''`)}'`).join(' ');
      const command = `mkdir -p 'u/ä ö'; for name in ${quoted}; do echo x > "$name"; done; printf x > "$(printf 'u/\\377')"`;
      const run = await runJob(owner, project, command, 'completed', { artifacts: ['u'] });
      expect((await paths(run)).toSorted()).toEqual(names.map((name) => `u/${name}`).toSorted());
      expect(run).toMatchObject({ artifacts_omitted: 1, artifacts_error: expect.stringContaining('UTF-8') });
      expect((await list(run)).every(({ size }) => size === 2)).toBe(true);
    });

    test('with a path that is too long are left out alone, and as many patterns as there may be are used', async () => {
      const long = Array.from({ length: 12 }, () => 'x'.repeat(200)).join('/');
      const globs = Array.from({ length: 49 }, (_, n) => `${'?'.repeat(240)}${n}`);
      const run = await runJob(
        owner,
        project,
        `mkdir -p a-${long} b; echo long > a-${long}/file.txt; echo short > b/file.txt`,
        'completed',
        { artifacts: [...globs, '**/file.txt'] },
      );
      expect(await paths(run)).toEqual(['b/file.txt']);
      expect(await show(run)).toMatchObject({
        artifacts_omitted: 1,
        artifacts_error: expect.stringContaining('1 could not be stored'),
      });
    });

    test('are no links, pipes or folders, whatever they lead to', async () => {
      const place = app.dataDir;
      const command = `mkdir -p l; ln -s /etc/passwd l/passwd; ln -s ${place}/jwt-secret l/secret; ln -s ${place} l/data; ln -s / l/root
        ln -s ../l l/self; mkfifo l/fifo; ln -s nowhere l/dangling; ln -s /dev/zero l/zero; mkdir l/folder; echo fine > l/fine`;
      const run = await runJob(owner, project, command, 'completed', { artifacts: ['l/**'] });
      expect(await paths(run)).toEqual(['l/fine']);
      expect(run.artifacts_omitted).toBe(8);
      expect(run.artifacts_error).toContain('8 are no plain files');
    });

    test('are at most 50 MiB and 1,000 files a run; of sparse files nothing is read', async () => {
      const command = `mkdir -p big/many; head -c 31457280 /dev/zero > big/a; cp big/a big/b; truncate -s 40G big/sparse; truncate -s 1M big/small
        i=0; while [ $i -lt 1200 ]; do : > big/many/$i; i=$((i + 1)); done`;
      const run = await runJob(owner, project, command, 'completed', { artifacts: ['big/**'], timeout: 60 });
      const found: Json[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page: Json = await data(
          200,
          owner.get(path(run), { query: { limit: 1000, ...(cursor ? { cursor } : {}) } }),
        );
        found.push(...page.artifacts);
        cursor = page.next_cursor;
      }
      const size = found.reduce((sum, artifact) => sum + artifact.size, 0);
      expect(found.length).toBe(1000);
      expect(size).toBeLessThanOrEqual(50 * 1024 * 1024);
      expect(found.some((artifact) => artifact.path === 'big/sparse')).toBe(false);
      expect(found.length + run.artifacts_omitted).toBe(1204);
      expect(run.artifacts_error).toContain('did not fit');
      await runJob(owner, project, 'rm -rf big');
    });

    test('that are being exchanged for links while they are read lead nowhere', async () => {
      const outside = '/etc';
      const swapping = `mkdir -p r/d s; echo inside > r/d/passwd; echo running > swapping
        while [ ! -e stop ]; do mv r/d s/d; ln -s ${outside} r/d; rm r/d; mv s/d r/d
          mv r/d/passwd s/p; ln -s /etc/passwd r/d/passwd; rm r/d/passwd; mv s/p r/d/passwd; done`;
      const swapper = await makeJob(owner, project, swapping);
      await execute(owner, swapper);
      await until(
        async () =>
          (await runJob(owner, project, '[ -e swapping ] && echo yes || echo no').then((run) =>
            outputOf(app, run.execution_id),
          )) === 'yes\n',
        { what: 'the swapping to begin' },
      );
      for (let round = 0; round < 5; round += 1) {
        const command = 'touch r/d/passwd 2>/dev/null || true';
        const run = await runJob(owner, project, command, 'completed', { artifacts: ['r/**', 's/**'] });
        for (const artifact of await list(run))
          expect((await bytes(run, artifact)).toString()).toBe('inside\n');
      }
      await runJob(owner, project, 'touch stop');
      await reached(owner, swapper, 'completed');
    });

    test('with patterns that take exponential time cost the run its files, and nobody else anything', async () => {
      const name = 'a'.repeat(200);
      const patterns = [
        `${'*a'.repeat(60)}b`,
        '(a+)+b',
        `{${'a,'.repeat(60)}b}${'*a'.repeat(30)}b`,
        `${'**/*a'.repeat(20)}b`,
      ];
      const command = `mkdir -p p; for i in 1 2 3 4 5; do echo x > p/${name}$i; done; echo x > "p/(a+)+b"`;
      const task = await makeJob(owner, project, command, {
        artifacts: patterns.map((pattern) => `p/${pattern}`),
      });
      await execute(owner, task);
      const before = performance.now();
      await data(200, owner.get('/api/system/info'));
      await reached(owner, task, 'completed', 90_000);
      const run = await lastExecution(owner, task);
      expect(performance.now() - before).toBeLessThan(90_000);
      expect(run.status).toBe('completed');
      const kept = await paths(run);
      expect(kept.length > 0 || run.artifacts_error !== null).toBe(true);
    });

    test('count for the storage of the project, and are not kept beyond it', async () => {
      const small = await makeProject(owner, { resource_limits: { storage_limit: '1MB' } });
      const command = (size: number) => `head -c ${size} /dev/zero > file.bin`;
      const keep = (size: number) =>
        runJob(owner, small, command(size), 'completed', { artifacts: ['*.bin'] });
      const first = await keep(700_000);
      expect(await paths(first)).toEqual(['file.bin']);
      const second = await keep(700_000);
      expect(second).toMatchObject({
        artifacts_omitted: 1,
        artifacts_error: expect.stringContaining('storage'),
      });
      expect(await paths(second)).toEqual([]);
      const third = await keep(1024 * 1024 - 700_000);
      expect(await paths(third)).toEqual(['file.bin']);
      const task = await makeJob(owner, small, 'true');
      expect(await refusal(owner.post(`/api/tasks/${task.id}/execute`))).toBe('409 PROJECT_LIMIT_EXCEEDED');
      // the retention frees what they took
      await app.query(
        `UPDATE artifacts SET created_at = now() - interval '8 days' WHERE execution_id = ANY ($1)`,
        [[first.execution_id, third.execution_id]],
      );
      await until(async () => (await paths(first)).length === 0, { what: 'the artifacts to be removed' });
      await until(async () => (await owner.post(`/api/tasks/${task.id}/execute`)).status === 202, {
        what: 'room for a run',
      });
      const left = () =>
        app.query(
          'SELECT 1 FROM artifact_parts p JOIN artifacts a ON a.id = p.artifact_id WHERE a.execution_id = $1',
          [first.execution_id],
        );
      await until(async () => (await left()).length === 0, { what: 'their contents to be removed' });
    });

    test('are seen by those who see the run, and by its id', async () => {
      const run = await runJob(owner, project, 'echo mine > own.txt', 'completed', {
        artifacts: ['own.txt'],
      });
      const [artifact] = await list(run);
      const stranger = await app.admin.createUser('developer');
      expect(await refusal(stranger.get(path(run)))).toBe('404 RESOURCE_NOT_FOUND');
      expect(await refusal(stranger.get(`${path(run)}/${artifact!.id}`))).toBe('404 RESOURCE_NOT_FOUND');
      const theirs = await makeProject(stranger);
      const other = await runJob(stranger, theirs, 'true');
      expect(await refusal(stranger.get(`${path(other)}/${artifact!.id}`))).toBe('404 RESOURCE_NOT_FOUND');
      expect(await refusal(owner.get(`${path(run)}/${nobody}`))).toBe('404 RESOURCE_NOT_FOUND');
      expect(await refusal(stranger.get(`/api/attachments/${artifact!.id}/content`))).toBe(
        '404 RESOURCE_NOT_FOUND',
      );
      await data(
        200,
        owner.put(`/api/projects/${project.id}/members/${stranger.user.id}`, { role: 'viewer' }),
      );
      expect((await expectStatus(200, stranger.get(`${path(run)}/${artifact!.id}`))).bytes.toString()).toBe(
        'mine\n',
      );
    });

    test.runIf(asRoot)('of one project are not made of files of another', async () => {
      const theirs = await makeProject(owner);
      const place = await runJob(owner, theirs, 'umask 0; echo foreign > foreign.txt; pwd');
      const folder = (await outputOf(app, place.execution_id)).trim();
      const command = `ln -s ${folder} f; ln ${folder}/foreign.txt hard 2>/dev/null; cp ${folder}/foreign.txt copied 2>/dev/null; true`;
      const run = await runJob(owner, project, command, 'completed', {
        artifacts: ['f/**', 'f', 'hard', 'copied'],
      });
      expect(await paths(run)).toEqual([]);
    });

    test.each([['/etc/*'], ['../x'], ['a/../../b'], [''], ['a\nb'], ['x'.repeat(257)]])(
      '%j is refused as a pattern',
      async (pattern) => {
        const answer = await owner.post('/api/tasks', {
          title: 'x',
          project_id: project.id,
          command: 'true',
          artifacts: [pattern],
        });
        expect([answer.status, JSON.stringify(answer.body)]).toEqual([
          422,
          expect.stringContaining('artifacts.0'),
        ]);
      },
    );
  });

  describe('a summary', () => {
    test('is shown with the run, and its file is gone', async () => {
      const run = await runJob(
        owner,
        project,
        'printf "# Tests\\n\\n" > "$MILLRACE_SUMMARY"; echo "*42* passed ✓" >> "$MILLRACE_SUMMARY"',
      );
      expect(await show(run)).toMatchObject({ summary: '# Tests\n\n*42* passed ✓\n' });
      expect(await paths(run)).toEqual([]);
      const none = await runJob(owner, project, 'ls -A "${MILLRACE_SUMMARY%/*}" | wc -l');
      expect(await outputOf(app, none.execution_id)).toBe('0\n');
      expect(await show(none)).toMatchObject({ summary: null });
    });

    test('is also that of a command without a task, of a failed run, and of one that was cancelled', async () => {
      const command = 'echo "of a command" > $MILLRACE_SUMMARY';
      const { command_id } = await data(
        200,
        owner.post('/api/commands/execute', { command, stream_output: false }),
      );
      expect(await show({ execution_id: command_id })).toMatchObject({ summary: 'of a command\n' });
      expect(
        await show(await runJob(owner, project, 'echo why > $MILLRACE_SUMMARY; exit 1', 'failed')),
      ).toMatchObject({ summary: 'why\n' });
      const task = await makeJob(
        owner,
        project,
        `echo begun > $MILLRACE_SUMMARY; echo begun; ${holding('never')}`,
      );
      const { execution_id } = await execute(owner, task);
      await until(
        async () => (await owner.get(`/api/commands/${execution_id}/output`)).body.includes('begun'),
        {
          what: 'the run to have begun',
        },
      );
      await data(200, owner.post(`/api/tasks/${task.id}/cancel`));
      expect(await show({ execution_id })).toMatchObject({ status: 'cancelled', summary: 'begun\n' });
    });

    test('has no secrets of the project, and at most 1 MiB', async () => {
      const guarded = await makeProject(owner);
      const value = 'correct-horse-battery-staple';
      await data(200, owner.put(`/api/projects/${guarded.id}/secrets/KEY`, { value }));
      const masked = await show(await runJob(owner, guarded, 'echo "key: $KEY." > $MILLRACE_SUMMARY'));
      expect(masked.summary).toBe('key: ***.\n');
      const long = await show(
        await runJob(owner, guarded, 'yes "$KEY text" | head -c 5000000 > $MILLRACE_SUMMARY'),
      );
      expect(Buffer.byteLength(long.summary)).toBeLessThanOrEqual(1024 * 1024);
      expect(long.summary).toMatch(/was cut\)\n$/);
      expect(long.summary).not.toContain('horse');
    });

    test.each([
      ['a link to a secret', (place: string) => `ln -s ${place}/jwt-secret "$MILLRACE_SUMMARY"`],
      ['a link to a file of the system', () => 'ln -s /etc/passwd "$MILLRACE_SUMMARY"'],
      ['a dangling link', () => 'ln -s nowhere "$MILLRACE_SUMMARY"'],
      ['a pipe', () => 'mkfifo "$MILLRACE_SUMMARY"'],
      ['a folder', () => 'mkdir "$MILLRACE_SUMMARY"'],
      ['a device, by a link', () => 'ln -s /dev/zero "$MILLRACE_SUMMARY"'],
      ['an empty file', () => ': > "$MILLRACE_SUMMARY"'],
      ['a file that cannot be read', () => 'echo x > "$MILLRACE_SUMMARY"; chmod 0 "$MILLRACE_SUMMARY"'],
    ])('that is %s is none, and is removed', async (_name, make) => {
      const run = await show(await runJob(owner, project, make(app.dataDir)));
      expect(run).toMatchObject({ status: 'completed', summary: null });
      const left = await runJob(owner, project, 'ls -A "${MILLRACE_SUMMARY%/*}"');
      expect(await outputOf(app, left.execution_id)).toBe('');
    });

    test('of a sparse file is cut like any other', async () => {
      const run = await show(await runJob(owner, project, 'truncate -s 40G "$MILLRACE_SUMMARY"'));
      expect(run.summary).toMatch(/was cut\)\n$/);
    });
  });

  test('the doctor finds the bytes of what is kept, and the projects that are erased leave nothing of it', async () => {
    const gone = await makeProject(owner);
    const run = await runJob(owner, gone, 'echo x > a; echo y > $MILLRACE_SUMMARY', 'completed', {
      artifacts: ['a'],
    });
    const kept = () => app.query('SELECT id FROM artifacts WHERE execution_id = $1', [run.execution_id]);
    const ids = (await kept()).map(({ id }) => id);
    expect(ids.length).toBe(2);
    const { checks } = await data(200, app.admin.get('/api/system/doctor'));
    expect(checks.filter(({ status }: Json) => status === 'error')).toEqual([]);
    await data(200, owner.put(`/api/projects/${gone.id}`, { status: 'archived' }));
    await data(200, owner.delete(`/api/projects/${gone.id}?permanent=true`));
    await until(async () => (await kept()).length === 0, { what: 'the files to be gone', timeout: 30_000 });
    expect(await app.query('SELECT 1 FROM artifact_parts WHERE artifact_id = ANY ($1)', [ids])).toEqual([]);
  });
});
