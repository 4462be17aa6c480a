/** Waits until every platform of an image is scanned, asking for scans that did not start by themselves. */
import type { AwsCallError } from '../../aws/call-error.ts';
import type { AwsCaller } from '../../aws/caller.ts';
import { readImageScan, startImageScan } from '../../aws/ecr-scan.ts';
import { runEngine } from '../../engine/engine.ts';
import type { ScanPolicy } from '../../inputs/scan-fields.ts';
import type { KitEvent } from '../../report/event.ts';
import type { Clock } from '../../runner/clock.ts';
import { judgeScans, type PlatformScan, type ScanVerdict } from './judge-scans.ts';

export interface ScannedImage {
  readonly repository: string;
  /** The manifests that are scanned: the image itself, or the children of its index. */
  readonly platforms: readonly { readonly platform: string; readonly digest: string }[];
}

interface State {
  readonly asked: ReadonlySet<string>;
  /** By digest: why no scan could be asked for. */
  readonly refused: ReadonlyMap<string, string>;
  readonly scans: readonly PlatformScan[];
}

const pollMs = 3000;
/** A scan on push is there soon after the push: asking for one before that would be refused or doubled. */
const startsByItselfMs = 10_000;

export async function waitForScans(
  aws: AwsCaller,
  image: ScannedImage,
  policy: ScanPolicy,
  ports: {
    readonly clock: Clock;
    readonly cancelled: AbortSignal;
    readonly record: (event: KitEvent) => void;
  },
): Promise<ScanVerdict> {
  const blind = image.platforms.map((each): PlatformScan => ({ ...each, scan: undefined }));
  return runEngine<State, readonly PlatformScan[], { readonly digest: string }, ScanVerdict>(
    {
      initial: { asked: new Set(), refused: new Map(), scans: blind },
      timeoutMs: policy.timeoutMs,
      observe: () =>
        Promise.all(
          image.platforms.map(async (each) => ({
            ...each,
            scan: await readImageScan(aws, image.repository, each.digest, ports.cancelled),
          })),
        ),
      decide(state, observed, { now, startedAt, deadlineAt, cancelled }) {
        const scans = observed.kind === 'facts' ? observed.facts : state.scans;
        const next = { ...state, scans };
        const verdict = judgeScans(policy, scans, now);
        const final = observed.kind === 'unreadable' && !observed.error.retryable;
        if (final) {
          const { operation, reason } = observed.error;
          const incomplete = [`${operation}: ${reason}`];
          return { kind: 'finish', state: next, outcome: { ...verdict, incomplete, pending: false } };
        }
        const readable = observed.kind === 'facts';
        if ((readable && !verdict.pending) || cancelled || now >= deadlineAt) {
          return { kind: 'finish', state: next, outcome: withRefusals(verdict, next) };
        }
        const unscanned = scans.find((each) => each.scan === undefined && !state.asked.has(each.digest));
        if (readable && unscanned !== undefined && now - startedAt >= startsByItselfMs) {
          return { kind: 'act', state: next, act: { digest: unscanned.digest } };
        }
        return { kind: 'wait', state: next, waitMs: pollMs };
      },
      async perform({ digest }, state) {
        await startImageScan(aws, image.repository, digest, ports.cancelled);
        return { ...state, asked: new Set([...state.asked, digest]) };
      },
      // Not to be had by asking: it may still come by itself, until the time is over.
      refused: ({ digest }, { operation, reason }: AwsCallError, state) => ({
        ...state,
        asked: new Set([...state.asked, digest]),
        refused: new Map([...state.refused, [digest, `${operation}: ${reason}`]]),
      }),
    },
    ports,
  );
}

/** What was not scanned in the end, and could not be asked for, says why. */
function withRefusals(verdict: ScanVerdict, { refused, scans }: State): ScanVerdict {
  const whys = scans.flatMap(({ digest, scan }) => (scan === undefined ? (refused.get(digest) ?? []) : []));
  return { ...verdict, incomplete: [...verdict.incomplete, ...new Set(whys)] };
}
