import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../common/errors.js';
import { FileContents, mostEarly } from './contents.js';
import { taskEntry } from './entry.schema.js';
import { findingSchema, priorityOfSeverity, type Finding } from './finding.schema.js';
import { inSlices } from './in-slices.js';
import { jsonValues, type JsonValue } from './json-values.js';
import { findingOf, isReported, resultSchema, Rules, toolSchema, type Result } from './sarif.js';

/** What was found, and by which tools. */
export interface Findings {
  contents: FileContents;
  /** The names of the tools, which are the `source` of their tasks. */
  tools: string[];
}

const plainTool = 'findings';

/**
 * Reads the findings of scanners: SARIF 2.1.0, or a list `[{fingerprint, title, …}]`, which may be the field `findings` of an object that names
 * its `tool`. @throws MALFORMED_REQUEST, RESOURCE_LIMIT_EXCEEDED
 */
export async function readFindings(bytes: Buffer, signal?: AbortSignal): Promise<Findings> {
  const reader = new FindingsReader(signal);
  const within = ['', 'findings', 'runs', 'runs.*', 'runs.*.results'];
  for await (const item of inSlices(jsonValues(bytes, within), signal)) {
    if (reader.contents.isTooFaulty) break;
    if (item.begins && item.path === 'runs.*') await reader.endRun();
    else reader.read(item);
  }
  await reader.endRun();
  await reader.addPlain();
  return reader.end();
}

class FindingsReader {
  readonly contents = new FileContents();
  private readonly tools = new Set<string>();
  private isKnown = false;
  private isSarif = false;
  private tool = plainTool;
  /** The rules of the run; undefined before its tool has been read, which may follow the results. */
  private rules: Rules | undefined;
  /** Findings that are none of SARIF, whose tool may follow them. */
  private readonly plain: { line: number; finding: Finding }[] = [];
  private readonly early: { line: number; result: Result }[] = [];
  private readonly seen = new Map<string, number>();

  constructor(private readonly signal: AbortSignal | undefined) {}

  read({ path, line, value, fault, begins }: JsonValue): void {
    const { contents } = this;
    if (begins) {
      this.isKnown ||= begins === 'list' && ['', 'findings'].includes(path);
      return undefined;
    }
    if (fault !== undefined) return contents.addFault(line, null, fault);
    switch (path) {
      case '*':
      case 'findings.*': {
        contents.countResult(line);
        const finding = contents.check(findingSchema, line, value);
        if (finding) this.keep(this.plain, { line, finding });
        return;
      }
      case 'tool': {
        const name = contents.check(z.string().trim().min(1).max(200), line, value, () => 'tool');
        if (name !== undefined) this.tool = name;
        return;
      }
      case 'version':
        this.isSarif = true;
        if (value !== '2.1.0') contents.addFault(line, path, 'Send SARIF 2.1.0, or a list of findings');
        this.isKnown = true;
        return;
      case 'runs.*.tool': {
        const tool = contents.check(toolSchema, line, value, (field) => `tool.${field}`);
        if (tool) this.useTool(tool);
        return;
      }
      case 'runs.*.results.*': {
        contents.countResult(line);
        const result = contents.check(resultSchema, line, value);
        if (!result || !isReported(result)) return;
        if (this.rules) this.addResult(line, result, this.rules);
        else this.keep(this.early, { line, result });
        return;
      }
      default:
    }
  }

  private useTool({ driver }: z.output<typeof toolSchema>): void {
    this.tool = driver.name;
    this.rules = new Rules(driver.rules);
    this.tools.add(driver.name);
  }

  /** Adds the results that came before the tool of their run. */
  async endRun(): Promise<void> {
    for await (const { line, result } of inSlices(this.early.splice(0), this.signal))
      this.addResult(line, result, this.rules ?? new Rules([]));
    this.rules = undefined;
  }

  /** Adds the findings of a list, when the name of its tool is known. */
  async addPlain(): Promise<void> {
    for await (const { line, finding } of inSlices(this.plain, this.signal)) this.add(line, finding);
  }

  private addResult(line: number, result: Result, rules: Rules): void {
    this.add(line, findingOf(result, rules));
  }

  /** Keeps what can be read only when the tool is known. @throws RESOURCE_LIMIT_EXCEEDED */
  private keep<T extends { line: number }>(list: T[], item: T): void {
    if (list.length >= mostEarly)
      throw new AppError('RESOURCE_LIMIT_EXCEEDED', {
        limit: 'results_before_tool',
        value: mostEarly,
        line: item.line,
      });
    list.push(item);
  }

  end(): Findings {
    if (!this.isKnown && this.contents.faults.length === 0)
      this.contents.addFault(
        1,
        null,
        'Send SARIF 2.1.0, or a list of findings with a fingerprint and a title',
      );
    return { contents: this.contents, tools: this.isSarif ? [...this.tools] : [this.tool] };
  }

  /** The same finding at another place of the file is the same task: the first one stands. */
  private add(line: number, { fingerprint, title, severity, description, location, type }: Finding): void {
    const external_ref = refOf(this.tool, fingerprint);
    const first = this.seen.get(external_ref);
    if (first !== undefined)
      return this.contents.addWarning(line, 'fingerprint', `The finding is the one of line ${first}`);
    this.seen.set(external_ref, line);
    const entry = this.contents.check(taskEntry, line, {
      external_ref,
      source: this.tool,
      title: title.slice(0, 500),
      description,
      type,
      priority: priorityOfSeverity[severity],
      project_path: location?.replace(/:\d+$/, '') || null,
      metadata: { finding: { severity, location: location ?? null } },
    });
    if (entry) this.contents.addTask(line, entry, external_ref);
  }
}

/** The name of a finding elsewhere; a long fingerprint is hashed. */
function refOf(tool: string, fingerprint: string): string {
  const ref = `${tool}:${fingerprint}`;
  return ref.length <= 500 ? ref : `${tool}:${hash(fingerprint)}`;
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
