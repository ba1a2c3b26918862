import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { vi } from 'vitest';
import { until } from '../support/until.js';

/** One run of the command line. */
export class Millrace {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly closed: Promise<number>;

  constructor(program: string, args: string[], env: Record<string, string | undefined>) {
    this.child = spawn(program, args, { env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' });
    // it may end before anybody waits for it
    this.closed = once(this.child, 'close').then(([code]) => code as number);
    // who has ended takes no more input
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  /** Types something, or gives all of standard input. */
  type(text: string): this {
    this.child.stdin?.write(text);
    return this;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until it has written something. */
  async says(text: string): Promise<this> {
    await until(() => (this.stdout + this.stderr).includes(text), {
      what: `"${text}" of ${JSON.stringify([this.stdout, this.stderr])}`,
      timeout: 30_000,
    });
    return this;
  }

  /** Waits for its end. */
  async end(): Promise<Ended> {
    this.child.stdin?.end();
    const code = await this.closed;
    return { code, stdout: this.stdout, stderr: this.stderr };
  }
}

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `millrace` of an empty project in which it was installed. */
export class Installed {
  constructor(
    private readonly folder: string,
    readonly env: Record<string, string | undefined>,
  ) {}

  get program(): string {
    return join(this.folder, 'node_modules/.bin/millrace');
  }

  start(args: string[], env: Record<string, string | undefined> = {}): Millrace {
    return new Millrace(this.program, args, { ...this.env, ...env });
  }

  run(args: string[], env?: Record<string, string | undefined>, input = '') {
    return this.start(args, env).type(input).end();
  }

  /**
   * Runs a command line in the process of the test, where it has no terminal and gets no signals: a process of its own takes 0.3 s of
   * processor time to start. Only one can run at a time.
   */
  async call(args: string[], env: Record<string, string | undefined> = {}, input = ''): Promise<Ended> {
    const path = join(this.folder, 'node_modules/@millrace/cli/dist/program.js');
    const { run } = (await import(pathToFileURL(path).href)) as typeof import('../../cli/src/program.js');
    const written = { stdout: '', stderr: '' };
    const captured = (['stdout', 'stderr'] as const).map((name) =>
      vi.spyOn(process[name], 'write').mockImplementation((...parameters: unknown[]) => {
        const [bytes, done] = [parameters[0] as string | Uint8Array, parameters.at(-1)];
        written[name] += Buffer.from(bytes as string).toString();
        if (typeof done === 'function') process.nextTick(done as () => void);
        return true;
      }),
    );
    const given = vi
      .spyOn(process, 'stdin', 'get')
      .mockReturnValue(Readable.from([Buffer.from(input)]) as never);
    const { env: own, exitCode: before } = process;
    const variables = { PATH: own['PATH'], ...this.env, ...env };
    process.env = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined));
    process.exitCode = 0;
    try {
      await run(args);
      return { code: Number(process.exitCode), ...written };
    } finally {
      process.env = own;
      process.exitCode = before;
      for (const spy of [...captured, given]) spy.mockRestore();
    }
  }

  /** What it answers with `--json`. */
  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.call([...args, '--json']);
    if (code !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }
}
