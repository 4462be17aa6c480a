/** The verdict on the scans of an image, one for each platform. Pure. */
import type { ImageScan, ScanFinding } from '../../aws/ecr-scan.ts';
import type { IgnoredFinding, ScanPolicy } from '../../inputs/scan-fields.ts';
import { expiresAt, rank } from './policy.ts';

export interface PlatformScan {
  /** `linux/amd64`; empty where the image does not say. */
  readonly platform: string;
  readonly digest: string;
  /** Undefined: never scanned. */
  readonly scan: ImageScan | undefined;
}

export interface JudgedFinding extends ScanFinding {
  readonly platforms: readonly string[];
  /** The entry of the ignore list that holds for it. */
  readonly ignored: IgnoredFinding | undefined;
  /** Counts against the image. */
  readonly blocks: boolean;
}

export interface ScanVerdict {
  /** Worst first, then by name; each finding once. */
  readonly findings: readonly JudgedFinding[];
  /** Why a platform has no result (yet), one sentence each. */
  readonly incomplete: readonly string[];
  /** Still under way: waiting may help. */
  readonly pending: boolean;
  /** Entries of the ignore list whose time is over, though they would have held for a finding. */
  readonly expired: readonly IgnoredFinding[];
}

const underWay = new Set(['IN_PROGRESS', 'PENDING']);
const done = new Set(['COMPLETE', 'ACTIVE']);

export function judgeScans(policy: ScanPolicy, scans: readonly PlatformScan[], now: number): ScanVerdict {
  const incomplete: string[] = [];
  let pending = false;
  const byName = new Map<string, { finding: ScanFinding; platforms: string[] }>();
  for (const { platform, digest, scan } of scans) {
    const which = platform === '' ? digest.slice(0, 19) : platform;
    if (scan === undefined || underWay.has(scan.status)) {
      pending = true;
      incomplete.push(`${which}: ${scan === undefined ? 'not scanned' : `the scan is ${scan.status}`}`);
      continue;
    }
    if (!done.has(scan.status)) {
      incomplete.push(`${which}: ${scan.status}${scan.description === '' ? '' : ` (${scan.description})`}`);
      continue;
    }
    for (const finding of scan.findings) {
      const key = `${finding.name}\n${finding.package}`;
      const known = byName.get(key);
      if (known === undefined) byName.set(key, { finding, platforms: [which] });
      else if (!known.platforms.includes(which)) known.platforms.push(which);
    }
  }
  const expired = new Set<IgnoredFinding>();
  const findings = [...byName.values()].map(({ finding, platforms }): JudgedFinding => {
    const entry = policy.ignored.find((each) => each.name.toUpperCase() === finding.name.toUpperCase());
    const holds = entry !== undefined && now < expiresAt(entry);
    if (entry !== undefined && !holds) expired.add(entry);
    return {
      ...finding,
      platforms,
      ignored: holds ? entry : undefined,
      blocks: !holds && rank(finding.severity) <= rank(policy.threshold),
    };
  });
  findings.sort(
    (one, other) => rank(one.severity) - rank(other.severity) || (one.name < other.name ? -1 : 1),
  );
  return { findings, incomplete, pending, expired: [...expired] };
}

export type ScanOutcome =
  | { readonly kind: 'passed'; readonly sentence: string }
  | { readonly kind: 'warned'; readonly sentence: string }
  | { readonly kind: 'failed'; readonly sentence: string };

/** What the verdict means for the step. */
export function scanOutcome(policy: ScanPolicy, verdict: ScanVerdict): ScanOutcome {
  const blocking = verdict.findings.filter((finding) => finding.blocks);
  if (blocking.length > 0) {
    const names = [...new Set(blocking.map((finding) => `${finding.name} (${finding.severity})`))];
    const shown = names.slice(0, 3).join(', ');
    const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
    return {
      kind: policy.gate === 'fail' ? 'failed' : 'warned',
      sentence: `The scan found ${names.length === 1 ? 'a vulnerability' : `${names.length} vulnerabilities`} of severity ${policy.threshold} or worse: ${shown}${more}.`,
    };
  }
  if (verdict.incomplete.length > 0) {
    return {
      kind: policy.gate === 'fail' && policy.incomplete === 'fail' ? 'failed' : 'warned',
      sentence: `The image has no complete scan: ${verdict.incomplete.join('; ')}.`,
    };
  }
  const ignored = verdict.findings.filter((finding) => finding.ignored !== undefined).length;
  const lesser = verdict.findings.length - ignored;
  const rest = [
    ...(lesser > 0 ? [`${lesser} of less severity`] : []),
    ...(ignored > 0 ? [`${ignored} ignored`] : []),
  ];
  return {
    kind: 'passed',
    sentence: `The scan found nothing of severity ${policy.threshold} or worse${rest.length === 0 ? '' : ` (${rest.join(', ')})`}.`,
  };
}
