import { writeFile } from 'node:fs/promises';
import type { Reporter, TestModule, TestRunEndReason, TestSuite } from 'vitest/node';

/** What `ReportFile` writes. */
export interface Report {
  passed: number;
  /**
   * A line for each failed test, hook and file that could not be loaded, and for each error outside of every test: where, and the first
   * line of its message.
   */
  failures: string[];
}

type Errors = readonly { message: string }[];

/** Writes the counts and the failures of a run to a JSON file, so that `.ci/run` can end its output with them. */
export class ReportFile implements Reporter {
  constructor(private readonly path: string) {}

  async onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: Errors,
    _reason: TestRunEndReason,
  ): Promise<void> {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const failures = [
      ...tests.flatMap((test) =>
        test.result().state === 'failed' ? [line(test.module, test.fullName, test.result().errors)] : [],
      ),
      ...modules.flatMap((module) => [module, ...module.children.allSuites()].flatMap(failureOf)),
      ...unhandledErrors.map(({ message }) => `outside of every test: ${firstLine(message)}`),
    ];
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const report: Report = { passed, failures };
    await writeFile(this.path, JSON.stringify(report));
  }
}

/** Returns the failure of a file or `describe` itself: of its hooks, or while it was loaded. */
function failureOf(part: TestModule | TestSuite): string[] {
  const errors = part.errors();
  if (errors.length === 0) return [];
  return [part.type === 'module' ? line(part, '', errors) : line(part.module, part.fullName, errors)];
}

function line(module: TestModule, name: string, errors: Errors | undefined): string {
  const where = [`[${module.project.name}] ${module.relativeModuleId}`, name].filter(Boolean).join(' > ');
  return `${where}: ${firstLine(errors?.[0]?.message ?? 'no message')}`;
}

function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').slice(0, 300);
}
