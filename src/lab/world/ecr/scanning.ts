/**
 * Image scans. The lab's user chooses the findings by digest; an image without any is clean.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
 */
import type {
  DescribeImageScanFindingsCommandOutput,
  EnhancedImageScanFinding,
  FindingSeverity,
  ImageScanFinding,
  ScanStatus,
  ScanType,
} from '@aws-sdk/client-ecr';
import { AwsError } from '../aws-error.ts';
import type { Kernel } from '../kernel.ts';
import type { Repository, StoredImage } from './image-store.ts';

export interface ScanFindings {
  readonly findings: readonly {
    readonly name: string;
    readonly severity: FindingSeverity;
    readonly description?: string;
    readonly uri?: string;
    readonly packageName?: string;
    readonly packageVersion?: string;
  }[];
  /** Ends the scan in this status instead, e.g. UNSUPPORTED_IMAGE or FAILED. */
  readonly status?: ScanStatus;
  readonly description?: string;
}

interface Scan {
  readonly startedAtMs: number;
  /** Basic scans end; enhanced ones are ACTIVE from then on. */
  readonly endsAtMs: number;
}

export class Scanning {
  readonly #kernel: Kernel;
  readonly #findings = new Map<string, ScanFindings>();
  readonly #scans = new Map<string, Scan>();
  /** How long a scan is IN_PROGRESS (basic) or PENDING (enhanced). Assumed: AWS names no duration. */
  durationMs = 15_000;
  scanType: ScanType = 'BASIC';

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  setFindings(digest: string, findings: ScanFindings): void {
    this.#findings.set(digest, findings);
  }

  /** Scans of pushed images start by themselves; asked for, a basic scan runs once in 24 hours. */
  start(repository: Repository, image: StoredImage, asked: boolean): void {
    const key = `${repository.name}@${image.digest}`;
    const before = this.#scans.get(key);
    if (asked) {
      if (this.scanType === 'ENHANCED') throw new AwsError('ValidationException', 'This feature is disabled');
      if (before !== undefined && this.#kernel.now - before.startedAtMs < 86_400_000)
        throw new AwsError(
          'LimitExceededException',
          'The scan quota per image has been exceeded. Wait and try again.',
        );
    }
    this.#scans.set(key, { startedAtMs: this.#kernel.now, endsAtMs: this.#kernel.now + this.durationMs });
  }

  status(
    repository: Repository,
    image: StoredImage,
  ): { status: ScanStatus; description: string } | undefined {
    const scan = this.#scans.get(`${repository.name}@${image.digest}`);
    if (scan === undefined) return undefined;
    const enhanced = this.scanType === 'ENHANCED';
    if (this.#kernel.now < scan.endsAtMs)
      return enhanced
        ? { status: 'PENDING', description: 'The scan is pending.' }
        : { status: 'IN_PROGRESS', description: 'The scan is in progress.' };
    const chosen = this.#findings.get(image.digest);
    if (chosen?.status !== undefined)
      return { status: chosen.status, description: chosen.description ?? 'The scan could not be done.' };
    return enhanced
      ? { status: 'ACTIVE', description: 'Continuous scan is selected for image.' }
      : { status: 'COMPLETE', description: 'The scan was completed successfully.' };
  }

  /** @throws AwsError ScanNotFoundException */
  describe(
    repository: Repository,
    image: StoredImage,
  ): Pick<DescribeImageScanFindingsCommandOutput, 'imageScanStatus' | 'imageScanFindings'> {
    const imageScanStatus = this.status(repository, image);
    const scan = this.#scans.get(`${repository.name}@${image.digest}`);
    if (imageScanStatus === undefined || scan === undefined)
      throw new AwsError(
        'ScanNotFoundException',
        `Image scan does not exist for the image with '{imageDigest:'${image.digest}', imageTag:'${[...image.tags][0] ?? ''}'}' in the repository with name '${repository.name}' in the registry with id '${this.#kernel.config.accountId}'`,
      );
    if (imageScanStatus.status !== 'COMPLETE' && imageScanStatus.status !== 'ACTIVE')
      return { imageScanStatus };
    const list = this.#findings.get(image.digest)?.findings ?? [];
    const findingSeverityCounts: Partial<Record<FindingSeverity, number>> = {};
    for (const { severity } of list)
      findingSeverityCounts[severity] = (findingSeverityCounts[severity] ?? 0) + 1;
    const common = {
      imageScanCompletedAt: new Date(scan.endsAtMs),
      vulnerabilitySourceUpdatedAt: new Date(scan.endsAtMs),
      findingSeverityCounts,
    };
    return imageScanStatus.status === 'ACTIVE'
      ? {
          imageScanStatus,
          imageScanFindings: { ...common, enhancedFindings: list.map((one) => this.#enhanced(one)) },
        }
      : { imageScanStatus, imageScanFindings: { ...common, findings: list.map(basic) } };
  }

  #enhanced(finding: ScanFindings['findings'][number]): EnhancedImageScanFinding {
    const packages =
      finding.packageName === undefined
        ? []
        : [{ name: finding.packageName, version: finding.packageVersion ?? '' }];
    return {
      awsAccountId: this.#kernel.config.accountId,
      type: 'PACKAGE_VULNERABILITY',
      title: finding.name,
      description: finding.description ?? finding.name,
      severity: finding.severity,
      status: 'ACTIVE',
      packageVulnerabilityDetails: { vulnerabilityId: finding.name, vulnerablePackages: packages },
    };
  }
}

function basic(finding: ScanFindings['findings'][number]): ImageScanFinding {
  const attributes = [
    { key: 'package_name', value: finding.packageName },
    { key: 'package_version', value: finding.packageVersion },
  ].filter((one) => one.value !== undefined);
  return {
    name: finding.name,
    severity: finding.severity,
    description: finding.description ?? finding.name,
    uri: finding.uri,
    attributes: attributes as { key: string; value: string }[],
  };
}
