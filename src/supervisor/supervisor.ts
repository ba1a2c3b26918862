/**
 * The supervisor: what Millrace's first process does when it was started as root. It makes the folders that only root can
 * make, starts the server as an ordinary user, starts a launcher each time the server asks for one, passes signals on, and ends
 * with the server's exit code. It reads no request, no database and no path that a command's user could exchange.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { supervisedVariable } from '../launcher/policy.js';
import { spawnLauncher } from '../launcher/spawn-launcher.js';
import { readEnvironment, secretVariables } from '../common/environment.js';
import { prepareHost, type Host } from './prepare-host.js';
import { confine } from './confine.js';
import { onNpmGone } from './npm-parent.js';
import type { SupervisorMessage, SupervisorRequest } from './supervised.js';

const passedOn = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;
/** Descriptors of the server beyond the standard ones and its channel (3). */
const SECRETS = 4;
/** One works; what it replaced may still be ending what it had started. */
const MOST_LAUNCHERS = 4;

/** Since Node 22.14 a signal need not open the inspector, by which whoever may send one could run code in the server. */
const noDebugger = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') ? ['--disable-sigusr1'] : [];

/** Runs the server until it ends; never returns. @throws when it cannot be started */
export async function supervise(): Promise<never> {
  let server: ChildProcess | undefined;
  // First of all: libraries that run programs listen for signals meanwhile, and one that comes when they stop would be lost.
  for (const signal of passedOn) process.on(signal, () => (server ? server.kill(signal) : process.exit(0)));
  onNpmGone(() => (server ? server.kill('SIGTERM') : process.exit(0)));
  const { variables, secrets } = readEnvironment();
  const [host, before] = await Promise.all([prepareHost({ ...variables, ...secrets }), confine()]);
  server = startServer(host, variables, secrets);
  serveLaunchers(server, host, before);
  return ended(server);
}

/** Ends this process as the server ends. @throws when it could not be started */
async function ended(server: ChildProcess): Promise<never> {
  return new Promise((_resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code, signal) => {
      if (signal === null) process.exit(code ?? 1);
      // who watches over us sees what became of the server
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  });
}

function serveLaunchers(server: ChildProcess, host: Host, before: string[]): void {
  const tell = (message: SupervisorMessage, socket?: Socket) => {
    if (server.connected) server.send(message, socket, {}, () => {});
  };
  const launchers = new Set<ChildProcess>();
  server.on('message', (request: SupervisorRequest) => {
    if (request.type !== 'start-launcher') return;
    if (launchers.size >= MOST_LAUNCHERS)
      return tell({ type: 'launcher-failed', message: 'earlier ones have not ended yet' });
    const launcher = startLauncher(host, before, tell);
    launchers.add(launcher);
    launcher.once('exit', () => launchers.delete(launcher));
    launcher.once('error', () => launchers.delete(launcher));
  });
}

function startServer(
  host: Host,
  variables: Record<string, string>,
  secrets: Record<string, string>,
): ChildProcess {
  const { application, dataDir, user } = host;
  const environment = {
    ...variables,
    DATA_DIR: dataDir.path,
    WORKSPACE_ROOT: host.policy.users!.workspaceRoot,
    MILLRACE_SECRETS_FD: String(SECRETS),
    [supervisedVariable]: JSON.stringify(host.policy.users),
  };
  const server = spawn(
    application.node,
    [...process.execArgv, ...noDebugger, ...application.options, application.main, ...process.argv.slice(2)],
    {
      env: environment,
      cwd: '/',
      uid: user.uid,
      gid: user.gid,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', 'pipe', ...host.descriptors],
    },
  );
  const pipe = server.stdio[SECRETS] as Writable;
  pipe.on('error', () => {});
  pipe.end(secretVariables.map((name) => `${name}=${secrets[name] ?? ''}\n`).join(''));
  return server;
}

function startLauncher(
  { policy, application, descriptors }: Host,
  before: string[],
  tell: (message: SupervisorMessage, socket?: Socket) => void,
): ChildProcess {
  const launcher = spawnLauncher(policy, application.launcher, {
    before,
    node: application.node,
    options: [...noDebugger, ...application.options],
    // under the numbers that the paths of the server name
    descriptors: descriptors.length > 0 ? ['ignore', ...descriptors] : [],
  });
  launcher.once('error', (error) => tell({ type: 'launcher-failed', message: error.message }));
  launcher.once('spawn', () => tell({ type: 'launcher', pid: launcher.pid ?? 0 }, launcher.socket));
  return launcher;
}
