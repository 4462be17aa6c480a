/** The gate over ECR's scan. ECR scans what was pushed: it can only come after the push. */
import { ImageError } from '../build-error.ts';
import type { Job } from '../job.ts';
import type { PushedImage, ScanResult } from '../result.ts';
import { scanOutcome } from './judge-scans.ts';
import { waitForScans } from './wait-for-scans.ts';

/** Undefined where no gate was asked for. */
export async function scanGate(job: Job, image: PushedImage): Promise<ScanResult | undefined> {
  const { scan: policy, repository } = job.request;
  if (policy.gate === 'off') return undefined;
  const { clock, runner } = job.ports;
  const what = image.platforms.length === 1 ? 'the image' : `${image.platforms.length} platforms`;
  job.event('image.scan', 'info', `Waiting for the scan of ${what}.`);
  const verdict = await waitForScans(job.aws, { repository, platforms: image.platforms }, policy, {
    clock,
    cancelled: runner.cancelled,
    record: (event) => job.record(event),
  });
  if (runner.cancelled.aborted) throw new ImageError('cancelled', 'The job was cancelled during the scan.');
  const outcome = scanOutcome(policy, verdict);
  const level = { passed: 'info', warned: 'warning', failed: 'error' } as const;
  job.event(`image.scan-${outcome.kind}`, level[outcome.kind], outcome.sentence);
  return { verdict, outcome };
}
