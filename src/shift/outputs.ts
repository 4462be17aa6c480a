/** What later steps of the workflow get. Pure. */
import { type Evidence, type StreamName, totalsOf, worstStream } from './evidence.ts';
import type { Gathered } from './gather.ts';
import { groupName, shareOf } from './ladder.ts';
import type { Finding } from './preflight.ts';
import type { ShiftState } from './state.ts';

/** The strongest evidence of harm at the end: the counts of its stream, the ratio, and where it takes green back. */
export interface EvidenceOutput {
  readonly stream: StreamName;
  readonly ratio: number;
  readonly limit: number;
  readonly green: { readonly bad: number; readonly requests: number };
  readonly blue: { readonly bad: number; readonly requests: number };
}

export function evidenceOutput(evidence: Evidence, limit: number): EvidenceOutput {
  const { stream, ratio } = worstStream(evidence);
  const { greenBad, green, blueBad, blue } = totalsOf(evidence, stream);
  return {
    stream,
    // JSON knows no infinity, and more digits say nothing.
    ratio: Number(Math.min(ratio, Number.MAX_VALUE).toPrecision(6)),
    limit,
    green: { bad: greenBad, requests: green },
    blue: { bad: blueBad, requests: blue },
  };
}

/** Image by container; a tag where the definition has no digest. */
export function imagesOf({
  register,
  definition,
}: Pick<Gathered, 'register' | 'definition'>): Readonly<Record<string, string>> {
  const containers = (register ?? definition?.definition)?.containerDefinitions ?? [];
  return Object.fromEntries(containers.map((container) => [container.name ?? '', container.image ?? '']));
}

export function outputsOf(values: {
  readonly outcome: string;
  readonly blue: string;
  readonly green: string;
  readonly greenService: string | undefined;
  /** Undefined where they could not be read. */
  readonly weights: ShiftState['written'] | undefined;
  readonly cause: string;
  readonly step: number;
  readonly harmed: number;
  /** Undefined where nothing was judged. */
  readonly evidence: EvidenceOutput | undefined;
  /** Of the revision that green was to run, by container. */
  readonly images: Readonly<Record<string, string>>;
  readonly durationMs: number;
}): Readonly<Record<string, string>> {
  return {
    outcome: values.outcome,
    'blue-target-group': values.blue,
    'green-target-group': values.green,
    'green-service': values.greenService ?? '',
    weights:
      values.weights === undefined
        ? ''
        : JSON.stringify(
            Object.fromEntries(
              values.weights.map((group) => [groupName(group.targetGroupArn), group.weight]),
            ),
          ),
    'green-share':
      values.weights === undefined ? '' : String(Math.round(shareOf(values.weights, values.green))),
    cause: values.cause,
    step: String(values.step),
    harmed: String(values.harmed),
    evidence: values.evidence === undefined ? '' : JSON.stringify(values.evidence),
    images: JSON.stringify(values.images),
    'duration-seconds': String(Math.round(values.durationMs / 1000)),
  };
}

/** `another-shift`; several apart by commas, each once. */
export function codesOf(refusals: readonly Finding[]): string {
  return [...new Set(refusals.map((refusal) => refusal.code))].join(',');
}
