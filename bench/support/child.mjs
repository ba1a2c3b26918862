import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const startMs = 60_000;
const ticksASecond = 100;

/** A child process of the benchmark, which runs until `stop`. */
export class Child {
  #child;
  #log = '';
  #serving;

  /** @param options the options of `spawn`; the end of the output is kept for error messages */
  constructor(name, program, args, options = {}) {
    this.name = name;
    this.#child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (this.#log = (this.#log + text).slice(-20_000)));
    this.ended = new Promise((resolve) => {
      this.#child.on('exit', (code, signal) => resolve(signal ?? code));
      this.#child.on('error', (error) => resolve(error.message));
    });
  }

  /** The id of the program, or of the server that its supervisor has started. */
  get pid() {
    return (this.#serving ??= servingProcess(this.#child.pid)) ?? this.#child.pid;
  }

  /** The id of the started process, which is a supervisor when run as root. */
  get supervisorPid() {
    return this.#child.pid;
  }

  get log() {
    return this.#log;
  }

  /** Waits until the program listens on a port. @throws when it ends before */
  async listensOn(port) {
    await this.until(() => isOpen(port));
  }

  /** Waits until `check` returns true. @throws when the program ends before, or after a minute */
  async until(check) {
    const deadline = Date.now() + startMs;
    let end;
    void this.ended.then((how) => (end = how));
    while (!(await check())) {
      if (end !== undefined) throw new Error(`${this.name} ended (${end}):\n${this.#log}`);
      if (Date.now() > deadline) throw new Error(`${this.name} is not ready:\n${this.#log}`);
      await delay(5);
    }
  }

  /** Stops the program and waits for its end; kills it after 20 s. */
  async stop(signal = 'SIGTERM') {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await this.ended;
    clearTimeout(timer);
  }

  /** The processor time of the process so far in ms, without its children. */
  get cpuMs() {
    return cpuMs(this.pid);
  }

  /** The resident memory in MB (10^6 bytes). */
  get residentMB() {
    return residentMB(this.pid);
  }
}

function servingProcess(supervisor) {
  try {
    const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'latin1');
    return (
      children
        .trim()
        .split(' ')
        .map(Number)
        // between fork and exec a child still has the environment of its supervisor
        .find((pid) => readFileSync(`/proc/${pid}/environ`, 'latin1').includes('MILLRACE_SUPERVISED='))
    );
  } catch {
    return undefined;
  }
}

/** Returns the processor time of a process in ms, without its children. */
export function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksASecond;
}

/** Returns the resident memory of processes in MB; shared pages, such as the text of the program, count once. */
export function residentTogetherMB([first, ...others]) {
  return others.reduce((sum, pid) => sum + residentMB(pid) - sharedMB(pid), residentMB(first));
}

function sharedMB(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return (Number(/^Shared_Clean:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024) / 1e6;
}

export function residentMB(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return (Number(kilobytes) * 1024) / 1e6;
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
