/**
 * Scan findings of an image. Basic scans end COMPLETE with `findings`; enhanced ones stay ACTIVE and have
 * `enhancedFindings`; both are brought into one form here.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
 */
import type { DescribeImageScanFindingsCommandInput } from '@aws-sdk/client-ecr';
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';

export interface ScanFinding {
  /** `CVE-2024-3094`, or what the scanner calls it. */
  readonly name: string;
  /** CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNTRIAGED, UNDEFINED. */
  readonly severity: string;
  /** Name and version of the package, where the scanner says it. */
  readonly package: string;
  readonly fixedIn: string | undefined;
  readonly uri: string | undefined;
}

export interface ImageScan {
  /** ECR's own: IN_PROGRESS, COMPLETE, ACTIVE, PENDING, FAILED, UNSUPPORTED_IMAGE, … */
  readonly status: string;
  readonly description: string;
  readonly findings: readonly ScanFinding[];
}

/** Pages of 1,000 findings that are read at most: more than that is beyond what a gate has to know. */
const pagesLimit = 20;

/** Undefined where the image was never scanned. */
export async function readImageScan(
  aws: AwsCaller,
  repositoryName: string,
  imageDigest: string,
  signal?: AbortSignal,
): Promise<ImageScan | undefined> {
  const findings: ScanFinding[] = [];
  let nextToken: string | undefined;
  let status = '';
  let description = '';
  for (let page = 0; page < pagesLimit; page++) {
    const input: DescribeImageScanFindingsCommandInput = {
      repositoryName,
      imageId: { imageDigest },
      maxResults: 1000,
      ...(nextToken === undefined ? {} : { nextToken }),
    };
    try {
      const answer = await aws.call('ecr:DescribeImageScanFindings', input, signal);
      status = answer.imageScanStatus?.status ?? '';
      description = answer.imageScanStatus?.description ?? '';
      for (const each of answer.imageScanFindings?.findings ?? []) {
        const attribute = (key: string) => each.attributes?.find((one) => one.key === key)?.value;
        findings.push({
          name: each.name ?? 'unnamed',
          severity: each.severity ?? 'UNDEFINED',
          package: words(attribute('package_name'), attribute('package_version')),
          fixedIn: undefined,
          uri: each.uri,
        });
      }
      for (const each of answer.imageScanFindings?.enhancedFindings ?? []) {
        // A finding that was suppressed or closed in Inspector is no longer one.
        if (each.status !== undefined && each.status !== 'ACTIVE') continue;
        const details = each.packageVulnerabilityDetails;
        const first = details?.vulnerablePackages?.[0];
        findings.push({
          name: details?.vulnerabilityId ?? each.title ?? 'unnamed',
          severity: each.severity ?? 'UNDEFINED',
          package: words(first?.name, first?.version),
          fixedIn: first?.fixedInVersion,
          uri: details?.sourceUrl,
        });
      }
      nextToken = answer.nextToken;
    } catch (error) {
      if (error instanceof AwsCallError && error.code === 'ScanNotFoundException') return undefined;
      throw error;
    }
    if (nextToken === undefined) break;
  }
  return { status, description, findings };
}

/** Asks for a basic scan. False where ECR does not take the wish: it scans by itself, or has done so today. */
export async function startImageScan(
  aws: AwsCaller,
  repositoryName: string,
  imageDigest: string,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await aws.call('ecr:StartImageScan', { repositoryName, imageId: { imageDigest } }, signal);
    return true;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    // Enhanced scanning refuses manual scans; a basic one may be asked for once in 24 hours.
    if (error.code === 'ValidationException' || error.code === 'LimitExceededException') return false;
    if (error.code === 'UnsupportedImageTypeException') return false;
    throw error;
  }
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}
