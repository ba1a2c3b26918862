import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Finding, Severity } from './finding.schema.js';

/** Parts of SARIF 2.1.0 (OASIS), §3.27 (result) and §3.49 (rule). */
const message = z.looseObject({ text: z.string().optional(), markdown: z.string().optional() }).optional();
const properties = z
  .looseObject({
    'security-severity': z.union([z.string(), z.number()]).optional(),
    tags: z.array(z.string()).optional(),
  })
  .optional();
const ruleSchema = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  shortDescription: message,
  fullDescription: message,
  help: message,
  helpUri: z.string().optional(),
  defaultConfiguration: z.looseObject({ level: z.string().optional() }).optional(),
  properties,
});
type Rule = z.output<typeof ruleSchema>;
export const toolSchema = z.looseObject({
  driver: z.looseObject({ name: z.string().trim().min(1).max(200), rules: z.array(ruleSchema).default([]) }),
});
export const resultSchema = z.looseObject({
  ruleId: z.string().optional(),
  ruleIndex: z.int().optional(),
  level: z.string().optional(),
  kind: z.string().optional(),
  message,
  locations: z
    .array(
      z.looseObject({
        physicalLocation: z
          .looseObject({
            artifactLocation: z.looseObject({ uri: z.string().optional() }).optional(),
            region: z
              .looseObject({
                startLine: z.int().optional(),
                snippet: z.looseObject({ text: z.string().optional() }).optional(),
              })
              .optional(),
          })
          .optional(),
      }),
    )
    .default([]),
  fingerprints: z.record(z.string(), z.string()).default({}),
  partialFingerprints: z.record(z.string(), z.string()).default({}),
  suppressions: z.array(z.looseObject({ status: z.string().optional() })).optional(),
  properties,
});
export type Result = z.output<typeof resultSchema>;

/** The rules of a tool, of which a file may have tens of thousands, found by their place or their id. */
export class Rules {
  private readonly byId: Map<string, Rule>;

  constructor(private readonly list: readonly Rule[]) {
    // of rules with the same id the first one counts
    this.byId = new Map(list.toReversed().map((rule) => [rule.id, rule]));
  }

  of({ ruleIndex, ruleId }: Result): Rule | undefined {
    return this.list[ruleIndex ?? -1] ?? (ruleId === undefined ? undefined : this.byId.get(ruleId));
  }
}

/** Whether a result reports something: it says neither that all is well nor that somebody has suppressed it. */
export function isReported({ kind, suppressions }: Result): boolean {
  if (kind !== undefined && !['fail', 'review', 'open'].includes(kind)) return false;
  return !suppressions?.some(({ status }) => status === undefined || status === 'accepted');
}

/** Returns the finding of a result that reports something. */
export function findingOf(result: Result, rules: Rules): Finding {
  const rule = rules.of(result);
  const ruleId = result.ruleId ?? rule?.id ?? 'result';
  const text = result.message?.text ?? result.message?.markdown ?? '';
  const place = result.locations[0]?.physicalLocation;
  const uri = place?.artifactLocation?.uri;
  const line = place?.region?.startLine;
  const location = uri === undefined ? null : `${uri}${line === undefined ? '' : `:${line}`}`.slice(0, 4_096);
  const title = rule?.shortDescription?.text ?? text.split('\n')[0] ?? '';
  const parts = [text, rule?.fullDescription?.text ?? '', rule?.help?.markdown ?? rule?.help?.text ?? ''];
  return {
    fingerprint: fingerprintOf(result, ruleId, uri, text),
    title: `${title.trim() || ruleId}${uri === undefined ? '' : ` (${uri})`}`.slice(0, 500),
    severity: severityOf(result, rule),
    description: [
      ...new Set(parts.map((part) => part.trim()).filter((part) => part !== '')),
      `Rule: ${ruleId}`,
    ]
      .concat(location === null ? [] : [`Location: ${location}`], rule?.helpUri ? [rule.helpUri] : [])
      .join('\n\n')
      .slice(0, 50_000),
    location,
    type: isSecurity(result, rule) ? 'vulnerability' : 'bug',
  };
}

/**
 * What tells that a result is the same in the next file (SARIF §3.27.16 and §3.27.17): what its tool says, else the rule, the file and the text,
 * without the line, which changes when something is written above it.
 */
function fingerprintOf(result: Result, ruleId: string, uri: string | undefined, text: string): string {
  for (const given of [result.fingerprints, result.partialFingerprints]) {
    const entries = Object.entries(given).toSorted(([one], [other]) => (one < other ? -1 : 1));
    if (entries.length > 0) return hash(JSON.stringify([ruleId, uri, entries]));
  }
  const snippet = result.locations[0]?.physicalLocation?.region?.snippet?.text ?? '';
  return hash(JSON.stringify([ruleId, uri, text, snippet.trim()]));
}

/** Takes the score that security tools give, which is one of CVSS 3, else the level. */
function severityOf(result: Result, rule: Rule | undefined): Severity {
  const score = Number(
    result.properties?.['security-severity'] ?? rule?.properties?.['security-severity'] ?? NaN,
  );
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  if (score > 0) return 'low';
  const level = result.level ?? rule?.defaultConfiguration?.level ?? 'warning';
  return (
    ({ error: 'high', warning: 'medium', note: 'low', none: 'info' } as const)[level as 'error'] ?? 'medium'
  );
}

const isSecurity = (result: Result, rule: Rule | undefined): boolean =>
  (result.properties?.['security-severity'] ?? rule?.properties?.['security-severity']) !== undefined ||
  [...(result.properties?.tags ?? []), ...(rule?.properties?.tags ?? [])].some((tag) =>
    /security|cwe|cve/i.test(tag),
  );

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
