/** Waiting for scans, in virtual time against the lab's ECR. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { withRetries } from '../../../src/aws/retry.ts';
import { scanOutcome } from '../../../src/image/scan/judge-scans.ts';
import { waitForScans } from '../../../src/image/scan/wait-for-scans.ts';
import type { ScanPolicy } from '../../../src/inputs/scan-fields.ts';
import { VirtualTime } from '../../../src/lab/virtual/virtual-time.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import { World } from '../../../src/lab/world/world.ts';

const policy: ScanPolicy = {
  gate: 'fail',
  threshold: 'HIGH',
  ignored: [],
  timeoutMs: 120_000,
  incomplete: 'fail',
};

let world: World;
let time: VirtualTime;
let aws: AwsCaller;
let cancel: AbortController;

beforeEach(() => {
  world = new World();
  time = new VirtualTime(world.kernel);
  cancel = new AbortController();
  const principal = { kind: 'root', arn: 'arn:aws:iam::123456789012:root', name: 'root' } as const;
  const caller = createWorldCaller(world, time, principal);
  aws = withRetries(caller, { clock: time, random: () => 0.5 });
});

function push(scanOnPush: boolean): string {
  world.must('ecr', 'CreateRepository', {
    repositoryName: 'ips',
    imageScanningConfiguration: { scanOnPush },
  });
  return world.ecr.seedImage('ips', 'v1');
}

async function gate(digest: string, change: Partial<ScanPolicy> = {}) {
  const chosen = { ...policy, ...change };
  const begun = time.now();
  const image = { repository: 'ips', platforms: [{ platform: 'linux/amd64', digest }] };
  const ports = { clock: time, cancelled: cancel.signal, record: () => undefined };
  const verdict = await time.run(waitForScans(aws, image, chosen, ports));
  return { verdict, outcome: scanOutcome(chosen, verdict), seconds: (time.now() - begun) / 1000 };
}

const openssl = {
  name: 'CVE-2027-0001',
  severity: 'HIGH',
  packageName: 'openssl',
  packageVersion: '3.0.1',
} as const;

describe.each(['BASIC', 'ENHANCED'] as const)('%s scanning', (scanType) => {
  test('a scan on push is waited for, and its findings decide', async () => {
    world.ecr.scanning.scanType = scanType;
    const digest = push(true);
    world.ecr.setScanFindings(digest, { findings: [openssl] });
    const { verdict, outcome, seconds } = await gate(digest);
    expect(outcome.kind).toBe('failed');
    expect(verdict.findings[0]).toMatchObject({
      name: 'CVE-2027-0001',
      severity: 'HIGH',
      package: 'openssl 3.0.1',
    });
    expect(seconds).toBeGreaterThanOrEqual(15);
    expect(seconds).toBeLessThan(20);
  });

  test('a clean image passes', async () => {
    world.ecr.scanning.scanType = scanType;
    expect((await gate(push(true))).outcome).toEqual({
      kind: 'passed',
      sentence: 'The scan found nothing of severity HIGH or worse.',
    });
  });
});

test('without scan on push, a basic scan is asked for once', async () => {
  const { outcome } = await gate(push(false));
  expect(outcome.kind).toBe('passed');
});

test('a scan that could not be asked for says why, at the end of the wait', async () => {
  const digest = push(false);
  const match = { operation: 'StartImageScan' };
  world.loadFaults({ rules: [{ id: 'no', match, effect: { kind: 'access-denied' } }], events: [] });
  const { outcome, verdict, seconds } = await gate(digest);
  expect(outcome.kind).toBe('failed');
  expect(verdict.incomplete).toEqual([
    'linux/amd64: not scanned',
    expect.stringMatching(/^ecr:StartImageScan: /),
  ]);
  expect(seconds).toBeGreaterThanOrEqual(120);
});

test.each(['UNSUPPORTED_IMAGE', 'FAILED'] as const)('%s ends the wait at once', async (status) => {
  const digest = push(true);
  world.ecr.setScanFindings(digest, { findings: [], status });
  const { outcome, seconds } = await gate(digest);
  expect(outcome.kind).toBe('failed');
  expect(seconds).toBeLessThan(20);
  expect((await gate(digest, { incomplete: 'warn' })).outcome.kind).toBe('warned');
});

test('a scan that does not end is incomplete at the deadline', async () => {
  world.ecr.scanning.durationMs = 10_000_000;
  const { outcome, seconds } = await gate(push(true));
  expect(outcome).toEqual({
    kind: 'failed',
    sentence: 'The image has no complete scan: linux/amd64: the scan is IN_PROGRESS.',
  });
  expect(seconds).toBeGreaterThanOrEqual(120);
  expect(seconds).toBeLessThan(125);
});

test('throttled reads change nothing; a missing permission is named at once', async () => {
  const digest = push(true);
  const match = { operation: 'DescribeImageScanFindings' };
  world.loadFaults({
    rules: [{ id: 'slow', match, untilMs: 20_000, effect: { kind: 'throttle' } }],
    events: [],
  });
  expect((await gate(digest)).outcome.kind).toBe('passed');
  world.loadFaults({ rules: [{ id: 'no', match, effect: { kind: 'access-denied' } }], events: [] });
  const { outcome, seconds } = await gate(digest);
  expect(outcome.kind).toBe('failed');
  expect(outcome.sentence).toContain('ecr:DescribeImageScanFindings');
  expect(seconds).toBeLessThan(2);
});

test('a cancelled job does not wait', async () => {
  world.ecr.scanning.durationMs = 10_000_000;
  const digest = push(true);
  void time.sleep(5000).then(() => cancel.abort());
  expect((await gate(digest)).seconds).toBeLessThan(6);
});
