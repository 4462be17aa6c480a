/** What is told of a build: outputs and report. Pure. */
import type { ActionResult } from '../engine/action.ts';
import type { KitEvent } from '../report/event.ts';
import type { Report } from '../report/report.ts';
import type { ImageError } from './build-error.ts';
import type { BuildPlan } from './plan.ts';
import type { PlatformImage } from './platform-images.ts';
import type { ScanOutcome, ScanVerdict } from './scan/judge-scans.ts';
import { scanSections } from './scan/section.ts';

/** How a run ended. */
export type Ending =
  | { readonly kind: 'planned'; readonly plan: BuildPlan }
  | {
      readonly kind: 'pushed' | 'reused' | 'copied';
      readonly plan: BuildPlan;
      readonly image: PushedImage;
      /** Undefined without a gate. */
      readonly scan: ScanResult | undefined;
      /** References of the image in other registries. */
      readonly copies: readonly string[];
    };

export interface ScanResult {
  readonly verdict: ScanVerdict;
  readonly outcome: ScanOutcome;
}

export interface PushedImage {
  /** `123456789012.dkr.ecr.ap-south-1.amazonaws.com/repository@sha256:…` */
  readonly reference: string;
  readonly digest: string;
  readonly tags: readonly string[];
  readonly platforms: readonly PlatformImage[];
}

const outcomes = { pushed: 'pushed', reused: 'already there', copied: 'copied' } as const;

export interface ResultFrame {
  readonly repository: string;
  readonly events: readonly KitEvent[];
  readonly startedAt: number;
  readonly endedAt: number;
}

export function endedResult(ending: Ending, frame: ResultFrame): ActionResult {
  const { plan } = ending;
  if (ending.kind === 'planned') {
    return {
      ok: true,
      outputs: { repository: plan.repository, tags: plan.tags.join('\n'), built: 'false' },
      report: report(frame, 'planned', true, 'Nothing was built: this was a dry run.', [
        ['Tags', plan.tags.join(', ')],
        ['Builder', `${plan.builder}: ${plan.builderReason}`],
      ]),
    };
  }
  const { image, scan, copies } = ending;
  const there = {
    pushed: `${plan.repository}@${image.digest} is in ECR.`,
    reused: `${plan.repository}@${image.digest} was in ECR already, built from the same sources.`,
    copied: `${plan.repository}@${image.digest} is in ECR, the same image as at its source.`,
  }[ending.kind];
  const failed = scan?.outcome.kind === 'failed';
  const facts: [string, string][] = [
    ['Image', image.reference],
    ['Tags', image.tags.join(', ')],
    ...(image.platforms.length > 1
      ? image.platforms.map(({ platform, digest }): [string, string] => [platform, digest])
      : []),
    ...copies.map((copy): [string, string] => ['Also in', copy]),
    ['Builder', ending.kind === 'pushed' ? plan.builder : 'none needed'],
  ];
  return {
    ok: !failed,
    outputs: {
      image: image.reference,
      digest: image.digest,
      repository: plan.repository,
      tags: image.tags.join('\n'),
      built: String(ending.kind === 'pushed'),
      platforms: JSON.stringify(
        Object.fromEntries(image.platforms.map((each) => [each.platform, each.digest])),
      ),
      scan: scan?.outcome.kind ?? 'off',
      copies: copies.join('\n'),
    },
    report: {
      ...report(
        frame,
        failed ? 'scan-failed' : outcomes[ending.kind],
        !failed,
        scan === undefined ? there : `${there} ${scan.outcome.sentence}`,
        facts,
      ),
      ...(failed
        ? {
            remedy:
              'Update the base image or the package named, or give the finding to scan-ignore with a last day.',
          }
        : {}),
      sections: scan === undefined ? [] : scanSections(scan.verdict),
    },
  };
}

export function failedResult(error: ImageError, frame: ResultFrame): ActionResult {
  return {
    ok: false,
    outputs: {},
    report: report(frame, error.code === 'cancelled' ? 'cancelled' : 'failed', false, error.message, []),
  };
}

function report(
  frame: ResultFrame,
  outcome: string,
  ok: boolean,
  sentence: string,
  facts: readonly (readonly [string, string])[],
): Report {
  const { events, startedAt, endedAt, repository } = frame;
  return {
    title: `Image of ${repository}`,
    outcome,
    ok,
    sentence,
    facts,
    events,
    sections: [],
    startedAt,
    endedAt,
  };
}
