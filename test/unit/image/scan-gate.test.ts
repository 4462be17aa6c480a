/** The verdict on scans: tables with both sides of each boundary. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ImageScan, ScanFinding } from '../../../src/aws/ecr-scan.ts';
import { judgeScans, type PlatformScan, scanOutcome } from '../../../src/image/scan/judge-scans.ts';
import { rank } from '../../../src/image/scan/policy.ts';
import { scanSections } from '../../../src/image/scan/section.ts';
import { parseBuildPush } from '../../../src/inputs/build-push-ecr.ts';
import { type ScanPolicy, type Severity, severities } from '../../../src/inputs/scan-fields.ts';

const now = Date.UTC(2027, 0, 31, 12);
const policy = (change: Partial<ScanPolicy> = {}): ScanPolicy => ({
  gate: 'fail',
  threshold: 'HIGH',
  ignored: [],
  timeoutMs: 600_000,
  incomplete: 'fail',
  ...change,
});
const finding = (name: string, severity: string): ScanFinding => ({
  name,
  severity,
  package: 'openssl 1.0',
  fixedIn: undefined,
  uri: undefined,
});
const complete = (...findings: ScanFinding[]): ImageScan => ({
  status: 'COMPLETE',
  description: '',
  findings,
});
const on = (platform: string, scan: ImageScan | undefined): PlatformScan => ({
  platform,
  digest: `sha256:${'1'.repeat(64)}`,
  scan,
});
const outcome = (change: Partial<ScanPolicy>, ...scans: PlatformScan[]) => {
  const chosen = policy(change);
  return scanOutcome(chosen, judgeScans(chosen, scans, now));
};

describe('severity against the threshold', () => {
  test.each([
    ['CRITICAL', 'failed'],
    ['HIGH', 'failed'],
    ['MEDIUM', 'passed'],
    ['UNDEFINED', 'passed'],
  ])('a %s finding at threshold HIGH: %s', (severity, kind) => {
    expect(outcome({}, on('linux/amd64', complete(finding('CVE-1', severity)))).kind).toBe(kind);
  });

  test('warn tells and does not fail', () => {
    expect(outcome({ gate: 'warn' }, on('', complete(finding('CVE-1', 'CRITICAL'))))).toEqual({
      kind: 'warned',
      sentence: 'The scan found a vulnerability of severity HIGH or worse: CVE-1 (CRITICAL).',
    });
  });

  test('the worst come first, and one that several platforms have is one', () => {
    const verdict = judgeScans(
      policy(),
      [
        on('linux/amd64', complete(finding('CVE-2', 'LOW'), finding('CVE-1', 'HIGH'))),
        on('linux/arm64', complete(finding('CVE-1', 'HIGH'), finding('CVE-3', 'CRITICAL'))),
      ],
      now,
    );
    expect(verdict.findings.map((each) => [each.name, each.platforms, each.blocks])).toEqual([
      ['CVE-3', ['linux/arm64'], true],
      ['CVE-1', ['linux/amd64', 'linux/arm64'], true],
      ['CVE-2', ['linux/amd64'], false],
    ]);
  });
});

describe('the ignore list', () => {
  const scan = on('linux/amd64', complete(finding('CVE-1', 'CRITICAL')));

  test.each([
    ['2027-01-31', 'passed'],
    ['2027-01-30', 'failed'],
  ])('ignored until %s, on the 31st: %s', (until, kind) => {
    expect(outcome({ ignored: [{ name: 'cve-1', until }] }, scan).kind).toBe(kind);
  });

  test('an entry whose time is over is named', () => {
    const entry = { name: 'CVE-1', until: '2027-01-30' };
    const verdict = judgeScans(policy({ ignored: [entry] }), [scan], now);
    expect(verdict.expired).toEqual([entry]);
    expect(JSON.stringify(scanSections(verdict))).toContain('No longer ignored');
  });
});

describe('scans without a result', () => {
  test.each([
    [undefined, 'not scanned', true],
    ['IN_PROGRESS', 'the scan is IN_PROGRESS', true],
    ['PENDING', 'the scan is PENDING', true],
    ['UNSUPPORTED_IMAGE', 'UNSUPPORTED_IMAGE', false],
    ['FAILED', 'FAILED', false],
    ['SCAN_ELIGIBILITY_EXPIRED', 'SCAN_ELIGIBILITY_EXPIRED', false],
    ['FINDINGS_UNAVAILABLE', 'FINDINGS_UNAVAILABLE', false],
  ])('%s', (status, words, pending) => {
    const scan = status === undefined ? undefined : { status, description: '', findings: [] };
    const verdict = judgeScans(policy(), [on('linux/amd64', scan)], now);
    expect([verdict.incomplete, verdict.pending]).toEqual([[`linux/amd64: ${words}`], pending]);
    expect(scanOutcome(policy(), verdict).kind).toBe('failed');
    expect(scanOutcome(policy({ incomplete: 'warn' }), verdict).kind).toBe('warned');
    expect(scanOutcome(policy({ gate: 'warn' }), verdict).kind).toBe('warned');
  });

  test('one platform unscanned is not covered by the other', () => {
    expect(outcome({}, on('linux/amd64', complete()), on('linux/arm64', undefined)).kind).toBe('failed');
  });

  test('an enhanced scan is done while it is ACTIVE', () => {
    const scan = { ...complete(), status: 'ACTIVE' };
    expect(outcome({}, on('linux/amd64', scan)).kind).toBe('passed');
  });
});

test('law: a stricter threshold never lets more through', () => {
  const severity = fc.constantFrom(...severities, 'UNDEFINED', 'UNTRIAGED');
  fc.assert(
    fc.property(
      fc.array(severity, { maxLength: 8 }),
      fc.constantFrom<Severity>(...severities),
      fc.constantFrom<Severity>(...severities),
      (found, one, other) => {
        const scan = on('', complete(...found.map((each, index) => finding(`CVE-${index}`, each))));
        const blocks = (threshold: Severity) =>
          judgeScans(policy({ threshold }), [scan], now).findings.filter((each) => each.blocks).length;
        const [strict, lax] = rank(one) >= rank(other) ? [one, other] : [other, one];
        expect(blocks(strict)).toBeGreaterThanOrEqual(blocks(lax));
      },
    ),
  );
});

describe('inputs', () => {
  const parse = (inputs: Record<string, string>) => parseBuildPush({ repository: 'ips', ...inputs });

  test('lines with a last day and a comment', () => {
    const parsed = parse({
      'scan-gate': 'fail',
      'scan-severity': 'High',
      'scan-ignore':
        'CVE-2024-3094 until 2027-01-31  # not reachable\n# all of these by hand\nGHSA-x until 2028-02-29',
    });
    expect(parsed.ok && parsed.request.scan).toMatchObject({
      gate: 'fail',
      threshold: 'HIGH',
      ignored: [
        { name: 'CVE-2024-3094', until: '2027-01-31' },
        { name: 'GHSA-x', until: '2028-02-29' },
      ],
    });
  });

  test.each(['CVE-1', 'CVE-1 until 2027-02-30', 'CVE-1 until soon', 'CVE-1 until 2027-2-1'])(
    'not %s',
    (line) => {
      expect(parse({ 'scan-ignore': line }).ok).toBe(false);
    },
  );
});
