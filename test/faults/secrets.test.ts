import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { mode } from '../support/mode.js';
import { LiveSocket } from '../realtime/live-socket.js';
import { makeProject, run } from './steps.js';

const secrets = {
  JWT_SECRET: 'a secret of the tests that nobody may see',
  ADMIN_PASSWORD: 'the password nobody may see',
  // of whoever runs the server, which knows nothing of it and so cannot take it out of its environment
  OPERATOR_TOKEN: 'a token of the operator that nobody may see',
};
const app = useApp({ env: secrets, embeddedPostgres: mode === 'single' });

// As another user than root commands run as ourselves, and start-up says so.
test.runIf(process.getuid?.() === 0)(
  'a command cannot find any secret of the server',
  { timeout: 60_000 },
  async () => {
    const postgres = app.env['DATABASE_URL'] ?? 'postgres://millrace:';
    const password = app.env['DATABASE_URL'] ? new URL(postgres).password : undefined;
    const command = `id -u; env; ulimit -a > /dev/null
    cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'
    ls -l /proc/[0-9]*/fd 2>/dev/null
    find ${app.dataDir} -type f -readable 2>/dev/null -exec cat {} +
    find ${app.dataDir} -writable 2>/dev/null | sed 's/^/WRITABLE /'
    cat ${app.dataDir}/* 2>/dev/null
    cd ${app.dataDir}/postgres/socket 2>/dev/null && echo ENTERED $(id -u)
    echo THE END`;
    const job = await run(app.admin, await makeProject(app.admin), command);
    const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
    socket.send({ type: 'subscribe', channel: 'command_output', command_id: job.execution });
    const output = (await socket.output(job.execution)).bytes.toString();
    await socket.close();

    expect(output).toContain('THE END');
    expect(output.split('\n')[0]).not.toBe('0');
    // the text of the command is part of the output
    expect(output).not.toMatch(/^ENTERED \d/m);
    for (const secret of [...Object.values(secrets), password, postgres, app.redis?.url])
      if (secret) expect(output.includes(secret)).toBe(false);
    // the command lines of strangers on this host are none of our business, so names are looked for in environments only
    const named = output
      .split('\n')
      .filter((line) => /^(WRITABLE |JWT_SECRET=|DATABASE_URL=|REDIS_URL=|ADMIN_PASSWORD=)/.test(line));
    expect(named).toEqual([]);
  },
);
