/**
 * The supervisor is the first process of a Millrace that was started as root. It makes the folders that only root can make, starts the
 * server as an ordinary user, starts a launcher at each request of the server, forwards signals, and ends with the exit code of the
 * server. It handles no API requests, and uses no database and no path that a command's user could exchange.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { supervisedVariable } from '../launcher/policy.js';
import { spawnLauncher } from '../launcher/spawn-launcher.js';
import { readEnvironment, secretVariables } from '../common/environment.js';
import { prepareHost, type Host } from './prepare-host.js';
import { confine } from './confine.js';
import { prioritiseSession } from './priority.js';
import { onNpmExit } from './npm-exit.js';
import { sendSocket } from './send-socket.js';
import type { SupervisorMessage, SupervisorRequest } from './supervised.js';

const forwardedSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;
/** The descriptor from which the server reads its secrets; 3 is its channel to the supervisor. */
const SECRETS = 4;
/** Only one launcher is in use, but earlier ones may still be ending their runs. */
const MAX_LAUNCHERS = 4;

/** Disables the inspector (possible since Node 22.14): a process that may send SIGUSR1 could otherwise run code in the server. */
const noDebugger = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') ? ['--disable-sigusr1'] : [];

/** Runs the server until it ends, and never returns. @throws when the server cannot be started */
export async function supervise(): Promise<never> {
  let server: ChildProcess | undefined;
  // Listens before anything else: libraries that run programs add and remove signal listeners, and a signal between would be lost.
  for (const signal of forwardedSignals)
    process.on(signal, () => (server ? server.kill(signal) : process.exit(0)));
  onNpmExit(() => (server ? server.kill('SIGTERM') : process.exit(0)));
  const { variables, secrets } = readEnvironment();
  const [host, before] = await Promise.all([prepareHost({ ...variables, ...secrets }), confine()]);
  server = startServer(host, variables, secrets);
  serveLaunchers(server, host, before);
  return ended(server);
}

/** Ends this process with the exit code or signal of the server. @throws when the server could not be started */
async function ended(server: ChildProcess): Promise<never> {
  return new Promise((_resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code, signal) => {
      if (signal === null) process.exit(code ?? 1);
      // the parent of this process must see how the server ended
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  });
}

function serveLaunchers(server: ChildProcess, host: Host, before: string[]): void {
  const send = (message: SupervisorMessage, socket?: Socket) => {
    if (!server.connected) return;
    if (socket) sendSocket(server, message, socket);
    else server.send(message, () => {});
  };
  const launchers = new Set<ChildProcess>();
  server.on('message', (request: SupervisorRequest) => {
    if (request.type !== 'start-launcher') return;
    if (launchers.size >= MAX_LAUNCHERS)
      return send({ type: 'launcher-failed', message: 'earlier ones have not ended yet' });
    const launcher = startLauncher(host, before, send);
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
  send: (message: SupervisorMessage, socket?: Socket) => void,
): ChildProcess {
  const launcher = spawnLauncher(policy, application.launcher, {
    before,
    node: application.node,
    options: [...noDebugger, ...application.options],
    // the launcher needs the same numbers as the server, since the paths contain them
    descriptors: descriptors.length > 0 ? ['ignore', ...descriptors] : [],
  });
  launcher.once('error', (error) => send({ type: 'launcher-failed', message: error.message }));
  launcher.once('spawn', () => {
    void prioritiseSession(launcher.pid!);
    send({ type: 'launcher', pid: launcher.pid ?? 0 }, launcher.socket);
  });
  return launcher;
}
