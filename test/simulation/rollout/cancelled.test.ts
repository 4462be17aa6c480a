/** A job that is cancelled at any call: the outcome is true, and ECS ends where on-cancel wants it. */
import { describe, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import {
  definitionOf,
  filesOf,
  makeRegion,
  portsOf,
  type Region,
  type RequestChange,
  request,
  runningImages,
  serviceDeploymentStatus,
  settle,
} from './region.ts';

/** GitHub's SIGKILL comes 10 s after its SIGINT; a little of that belongs to the process itself. */
const timeLeftMs = 9000;

interface End {
  /** Undefined where the run ended before that call. */
  readonly outcome: string | undefined;
  readonly aftermath: string | undefined;
  readonly tookMs: number;
}

/** Cancels while the call of that number (from 1) is on its way. */
async function cancelledAt(region: Region, at: number, change: RequestChange = {}): Promise<End> {
  region.files.set('task-definition.json', JSON.stringify(definitionOf('next')));
  const ports = portsOf(region);
  let calls = 0;
  let cancelledAtMs: number | undefined;
  const aws = {
    call: (...args: Parameters<AwsCaller['call']>) => {
      const answer = ports.aws.call(...args);
      if (++calls === at) {
        cancelledAtMs = region.world.kernel.now;
        region.cancel.abort();
      }
      return answer;
    },
  } as AwsCaller;
  const work = runRollingDeploy(request(change), { ...ports, aws, ...filesOf(region) });
  const { outputs } = await region.time.run(work);
  const begun = cancelledAtMs ?? Number.NaN;
  return {
    outcome: cancelledAtMs === undefined ? undefined : outputs['outcome'],
    aftermath: outputs['aftermath'],
    tookMs: region.world.kernel.now - begun,
  };
}

describe('cancelled at each call', () => {
  test('the former revision serves in the end, unless the new one had proven itself', async () => {
    const seen = new Set<string>();
    for (let at = 1; ; at++) {
      const region = await makeRegion();
      const end = await cancelledAt(region, at);
      if (end.outcome === undefined) {
        expect(at).toBeGreaterThan(20);
        break;
      }
      expect({ at, inTime: end.tookMs < timeLeftMs }).toEqual({ at, inTime: true });
      const had = serviceDeploymentStatus(region);
      await settle(region, 600_000);
      const what = `${end.outcome} ${end.aftermath}`;
      seen.add(what);
      const serves = what === 'succeeded ' || what === 'cancelled left' ? { next: 3 } : { 'good-1': 3 };
      expect({ at, what, running: runningImages(region) }).toEqual({ at, what, running: serves });
      // Left is only what was done in ECS's eyes already.
      if (what === 'cancelled left') expect({ at, had }).toEqual({ at, had: 'SUCCESSFUL' });
      if (what === 'cancelled untouched') {
        expect({ at, deployments: region.world.callCounts()['ecs:UpdateService'] ?? 0 }).toEqual({
          at,
          deployments: 0,
        });
      }
    }
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(['cancelled rolling-back', 'cancelled untouched']),
    );
  });

  test('an update that never answers: whether it happened is told as unknown', async () => {
    const region = await makeRegion();
    const rules = [
      {
        id: 'lost',
        match: { operation: 'UpdateService' },
        effect: { kind: 'reset-after-effect' },
      },
      { id: 'reads', match: { operation: 'DescribeServices' }, fromMs: 60, effect: { kind: 'throttle' } },
    ] as const;
    region.world.loadFaults({ rules, events: [] });
    const end = await cancelledAt(region, 4);
    expect({ ...end, tookMs: end.tookMs < timeLeftMs }).toEqual({
      outcome: 'cancelled',
      aftermath: 'unknown',
      tookMs: true,
    });
  });

  test('and while AWS throttles every read from then on', async () => {
    for (let at = 4; at < 12; at++) {
      const region = await makeRegion();
      const effect = { kind: 'throttle' } as const;
      const match = { mutates: false };
      const rule = { id: 'reads', match, fromMs: 3000, effect } as const;
      region.world.loadFaults({ rules: [rule], events: [] });
      const end = await cancelledAt(region, at);
      expect({ at, inTime: end.tookMs < timeLeftMs }).toEqual({ at, inTime: true });
    }
  });
});
