const shownViolations = 40;

/** Counts actions, checks and violations by name, and prints them as a table. */
export class Counters {
  private readonly counts = new Map<string, number>();
  private readonly checks = new Map<string, { passed: number; failed: number }>();
  private readonly figures = new Map<string, string>();
  readonly violations: string[] = [];

  /** The current part of the soak, for the text of violations. */
  place = '';

  count(name: string, more = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + more);
  }

  /** Counts a check. @param detail describes the actual result of a failed one */
  check(name: string, holds: boolean, detail: string | (() => string) = ''): void {
    const entry = this.checks.get(name) ?? { passed: 0, failed: 0 };
    this.checks.set(name, entry);
    if (holds) {
      entry.passed += 1;
      return;
    }
    entry.failed += 1;
    const text = `${this.place} ${name}: ${typeof detail === 'string' ? detail : detail()}`.trim();
    this.violations.push(text);
    if (this.violations.length <= shownViolations) console.error(`VIOLATION ${text}`);
  }

  /** Sets a measured value of the table. */
  figure(name: string, value: string): void {
    this.figures.set(name, value);
  }

  print(): void {
    const lines: [string, string][] = [
      ...[...this.counts].map(([name, count]): [string, string] => [name, String(count)]),
      ...this.figures,
      ...[...this.checks].map(([name, { passed, failed }]): [string, string] => [
        name,
        `${passed + failed} checked, ${failed} violations`,
      ]),
    ];
    const width = Math.max(...lines.map(([name]) => name.length));
    for (const [name, value] of lines) console.log(`${name.padEnd(width)}  ${value}`);
    console.log(`${'violations'.padEnd(width)}  ${this.violations.length}`);
  }
}
