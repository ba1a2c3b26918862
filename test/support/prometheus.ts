import { createRequire } from 'node:module';

interface Sample {
  labels?: Record<string, string>;
  value: string;
}

/** A family of metrics as returned by an independent parser. */
interface Family {
  name: string;
  help: string;
  type: string;
  metrics: Sample[];
}

const parse = createRequire(import.meta.url)('parse-prometheus-text-format') as (text: string) => Family[];

/** The metrics of one process at one time. */
export class Exposition {
  readonly families: Family[];
  private readonly samples = new Map<string, Sample[]>();

  /** @throws when the text is not in the exposition format of Prometheus */
  constructor(readonly text: string) {
    this.families = parse(text);
    // the parser drops the labels of a histogram itself, but keeps those of its samples
    const plain = parse(text.replaceAll(/^# (TYPE|HELP) .*$/gm, ''));
    for (const { name, metrics } of plain) this.samples.set(name, [...this.of(name), ...metrics]);
  }

  /** Returns all samples of a name, such as `…_total` or `…_count`. */
  of(name: string): Sample[] {
    return this.samples.get(name) ?? [];
  }

  /** Returns the sum of the samples that have these labels. */
  value(name: string, labels: Record<string, string> = {}): number {
    const found = this.of(name).filter((sample) =>
      Object.entries(labels).every(([label, value]) => sample.labels?.[label] === value),
    );
    if (found.length === 0)
      throw new Error(`No ${name} with ${JSON.stringify(labels)} among ${JSON.stringify(this.of(name))}`);
    return found.reduce((sum, { value }) => sum + Number(value), 0);
  }
}
