import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const startMs = 60_000;
const ticksASecond = 100;

/** A program that runs beside the benchmark until `stop`. */
export class Child {
  #child;
  #log = '';
  #serving;

  /** @param options of `spawn`; what the program writes is kept for the case that it fails */
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

  /** The program, or the server that a supervisor of it has started. */
  get pid() {
    return (this.#serving ??= servingProcess(this.#child.pid)) ?? this.#child.pid;
  }

  /** What was started: as root a supervisor. */
  get supervisorPid() {
    return this.#child.pid;
  }

  get log() {
    return this.#log;
  }

  /** Resolves when something listens on the port. @throws when the program ends before */
  async listensOn(port) {
    await this.until(() => isOpen(port));
  }

  /** Resolves when `check` gives true. @throws when the program ends before, or after a minute */
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

  /** Ends it and waits until it is gone; kills it after 20 s. */
  async stop(signal = 'SIGTERM') {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await this.ended;
    clearTimeout(timer);
  }

  /** Processor time used so far by the process and what it has waited for, in ms. */
  get cpuMs() {
    return cpuMs(this.pid);
  }

  /** Resident memory in MB (10^6 bytes). */
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
        // before it is the server, a child is for a moment the image of its supervisor
        .find((pid) => readFileSync(`/proc/${pid}/environ`, 'latin1').includes('MILLRACE_SUPERVISED='))
    );
  } catch {
    return undefined;
  }
}

/** Processor time of a process, without its children, in ms. */
export function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksASecond;
}

/** Resident memory of processes in MB; what they share, such as the text of the program, counts once. */
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
